import { createHash } from 'node:crypto';

/**
 * The one stylesheet of all pages. System fonts only; nothing is loaded. Colours keep a contrast of 4.5:1 or more in
 * both schemes (WCAG 2.2, 1.4.3), and nothing is said by colour alone.
 */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --ground: #f3f6f7; --card: #ffffff; --ink: #14222a; --muted: #4b5b64; --line: #d3dde1; --edge: #76868f;
  --accent: #0b5a72; --accent-soft: #e4f0f4; --on-accent: #ffffff;
  --stop: #98211b; --stop-soft: #fbecea; --pass: #1b6a40; --focus: #b45309;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e171c; --card: #16222a; --ink: #e7eef1; --muted: #a8b7bf; --line: #2f404a; --edge: #7c8d97;
    --accent: #83cbe3; --accent-soft: #183642; --on-accent: #0a1a21;
    --stop: #f5a49d; --stop-soft: #3a1e1d; --pass: #86d3a6; --focus: #f5b350;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.7 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
  overflow-wrap: break-word; min-height: 100vh; display: flex; flex-direction: column;
}
h1, h2, h3 { line-height: 1.35; margin: 0; font-weight: 650; text-wrap: balance; }
p { margin: 0; }
ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: .08em; }
a:hover { text-decoration-thickness: .14em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; border-radius: 4px; }
code, .reference { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }

.skip { position: absolute; left: 1rem; top: -4rem; background: var(--card); padding: .5rem 1rem; z-index: 2; }
.skip:focus { top: .5rem; }
.wrap { width: 100%; max-width: 70rem; margin: 0 auto; padding: 0 1.25rem; }
.narrow { max-width: 46rem; }

.masthead { background: var(--card); border-bottom: 1px solid var(--line); }
.masthead .wrap { display: flex; align-items: center; gap: .75rem; min-height: 4rem; }
.brand { display: inline-flex; align-items: center; gap: .7rem; color: var(--ink); text-decoration: none; min-height: 2.75rem; }
.brand svg { width: 2.1rem; height: 2.1rem; flex: none; }
.brand .tile { fill: var(--accent); } .brand .stroke { stroke: var(--on-accent); }
.brand b { font-size: 1.15rem; letter-spacing: .02em; font-weight: 650; }
.brand span { color: var(--muted); font-size: .9rem; }
.switch { margin-left: auto; padding: .55rem 0; font-size: .95rem; white-space: nowrap; }

main { flex: 1; padding: 2.5rem 0 3.5rem; }
main > .wrap > * + * { margin-top: 1.5rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; }
.eyebrow { color: var(--muted); font-size: .95rem; margin-bottom: .5rem; }
.muted { color: var(--muted); }
.small { font-size: .9rem; }
.footer { border-top: 1px solid var(--line); padding: 1.25rem 0 1.75rem; color: var(--muted); font-size: .9rem; }

.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
.button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem; padding: .4rem 1.4rem;
  border: 1px solid var(--accent); border-radius: 8px; background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
}
.button:hover { filter: brightness(1.1); }
.button:disabled { opacity: .6; cursor: progress; }
.button.small { min-height: 2.75rem; padding: .25rem 1rem; font-size: .95rem; }
.button.quiet { background: transparent; color: var(--accent); }
.act { margin-top: 1.25rem; display: flex; flex-wrap: wrap; gap: .75rem; }
.places { margin-left: 1rem; }
.places ul { display: flex; gap: .35rem; }
.places a { display: inline-flex; align-items: center; min-height: 2.75rem; padding: 0 .75rem; color: var(--ink); text-decoration: none; border-bottom: 3px solid transparent; }
.places a:hover { color: var(--accent); }
.places a[aria-current] { color: var(--accent); border-bottom-color: var(--accent); font-weight: 600; }
.masthead .places + .button, .masthead .account { margin-left: auto; }
.masthead .places ~ .switch { margin-left: .75rem; }
.masthead .places + .switch { margin-left: auto; }
.account { display: flex; align-items: center; gap: .75rem; min-width: 0; }
.account bdi { max-width: 11rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--muted); }

.field { display: grid; gap: .35rem; }
.field label, .field-title, legend { font-weight: 600; font-size: 1rem; }
input:not([type=checkbox], [type=radio]), select {
  font: inherit; width: 100%; min-height: 2.75rem; padding: .45rem .75rem; border: 1px solid var(--edge); border-radius: 8px;
  background: var(--card); color: var(--ink);
}
input::placeholder { color: var(--muted); opacity: 1; }
input[type=file]::file-selector-button {
  font: inherit; border: 0; border-radius: 6px; background: var(--accent-soft); color: var(--accent); padding: .2rem .7rem; margin-right: .75rem; cursor: pointer;
}
input[type=checkbox], input[type=radio] { width: 1.2rem; height: 1.2rem; accent-color: var(--accent); flex: none; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
.check, .choice { display: inline-flex; align-items: center; gap: .6rem; min-height: 2.75rem; cursor: pointer; }
.choice { display: flex; border: 1px solid var(--line); border-radius: 8px; padding: .4rem .9rem; margin-top: .5rem; }
.choice:has(:checked) { border-color: var(--accent); background: var(--accent-soft); }
.search { display: grid; gap: 1rem; grid-template-columns: 2fr 1fr 1fr auto; align-items: end; }
.search > .field.wide:last-child { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; }
.search .check { font-weight: 400; }

.going { border-left: 4px solid var(--accent); padding-left: .8rem; }
.ways-in { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); align-items: start; }
.way { display: flex; flex-direction: column; gap: .6rem; border-top: 5px solid var(--accent); }
.way h2 { margin: 0; font-size: 1.25rem; }
.way form, .way [data-part=choice], .way [data-part=confirm], .way [data-part=shown] { display: grid; gap: .9rem; }
.way form { margin-top: .6rem; }
.way .act { margin-top: .6rem; }
.way .button { width: 100%; }
.way bdi { min-width: 0; overflow-wrap: anywhere; }
.text {
  margin: 0; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground);
  font: .9rem/1.6 ui-monospace, Menlo, Consolas, "Noto Sans Mono CJK SC", monospace; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 16rem; overflow: auto;
}
.status:empty, .problem:empty, .told-nothing { display: none; }
.status { color: var(--muted); }
.problem { color: var(--stop); background: var(--stop-soft); border-radius: 8px; padding: .7rem .9rem; }
.told { color: var(--pass); font-weight: 600; }
.quiet-title { font-size: 1rem; color: var(--muted); margin-bottom: .75rem; }
.dots { display: grid; gap: .4rem; margin-top: .6rem; padding-left: 1.4rem; list-style: disc; }
.dots.numbered { list-style: decimal; }

.chips { display: flex; flex-wrap: wrap; gap: .6rem; }
.chips a { display: inline-flex; align-items: center; min-height: 2.75rem; padding: 0 1.1rem; border: 1px solid var(--line); border-radius: 999px; background: var(--card); text-decoration: none; }
.chips a:hover { border-color: var(--accent); background: var(--accent-soft); }
.tabs ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; border-bottom: 1px solid var(--line); }
.tabs a { display: inline-flex; align-items: center; min-height: 2.75rem; text-decoration: none; color: var(--muted); border-bottom: 3px solid transparent; }
.tabs a[aria-current] { color: var(--accent); border-bottom-color: var(--accent); font-weight: 600; }
.records { display: grid; gap: 1rem; }
.badge { font-size: .85rem; font-weight: 600; color: var(--pass); border: 1px solid currentColor; border-radius: 6px; padding: .05rem .55rem; margin-left: .4rem; white-space: nowrap; }
.lasting { color: var(--pass); font-weight: 600; margin-left: .5rem; } .ending { color: var(--stop); margin-left: .5rem; }
.long { overflow-wrap: anywhere; font-size: .85rem; }
.note { margin-top: 1rem; }
.contact { margin-right: 1rem; white-space: nowrap; }
.table { padding: 0; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .8rem 1rem; border-bottom: 1px solid var(--line); }
th { color: var(--muted); font-weight: 600; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }

.refused { border-top: 5px solid var(--stop); }
.refused h1 { font-size: clamp(1.5rem, 1.2rem + 1.6vw, 2rem); }
.because { margin-top: .5rem; color: var(--muted); }
.refused.passing { border-top-color: var(--accent); }
.next { margin-top: 1.5rem; padding: 1.1rem 1.25rem; background: var(--accent-soft); border-radius: 10px; }
.next h2 { font-size: 1rem; color: var(--accent); margin-bottom: .3rem; }
.next p { font-size: 1.125rem; }
.card h2 { font-size: 1.125rem; margin-bottom: .75rem; }
.names { display: flex; flex-wrap: wrap; gap: .5rem; }
.names li { border: 1px solid var(--line); border-radius: 8px; padding: .3rem .8rem; background: var(--ground); }

.facts { display: grid; grid-template-columns: max-content 1fr; gap: .45rem 1.25rem; font-size: .95rem; }
.facts dt { color: var(--muted); }
.facts dd { min-width: 0; overflow-wrap: anywhere; }
.reference { font-size: 1.15rem; font-weight: 600; letter-spacing: .03em; user-select: all; }

details > summary { cursor: pointer; padding: .4rem 0; font-weight: 600; color: var(--accent); }
details > summary + * { margin-top: .75rem; }
.steps li { display: grid; grid-template-columns: 1.75rem 1fr; padding: .7rem 0; border-top: 1px solid var(--line); }
.steps .mark { font-weight: 700; }
.passed .mark { color: var(--pass); } .failed .mark { color: var(--stop); } .skipped .mark { color: var(--muted); }
.steps .failed .said { font-weight: 650; }
.steps .about { display: block; color: var(--muted); font-size: .875rem; }

.hero { padding: .5rem 0 1rem; }
.hero h1 { font-size: clamp(1.75rem, 1.3rem + 2.4vw, 2.75rem); letter-spacing: .01em; }
.hero h1:lang(zh) { word-break: keep-all; overflow-wrap: anywhere; }
.hero p { margin-top: .75rem; max-width: 48rem; font-size: 1.125rem; color: var(--muted); text-wrap: pretty; }
.caller { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; border-left: 5px solid var(--pass); }
.introduction { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.ways { display: grid; gap: .7rem; counter-reset: way; }
.ways li { counter-increment: way; display: grid; grid-template-columns: 2.4rem 1fr; align-items: start; }
.ways li::before {
  content: counter(way); width: 1.75rem; height: 1.75rem; border-radius: 50%; background: var(--accent);
  color: var(--on-accent); font-weight: 650; font-size: .95rem; display: grid; place-items: center; margin-top: .1rem;
}
main > .wrap > .section-title { font-size: 1.5rem; margin-top: 2.75rem; }
.department { display: grid; grid-template-columns: 13rem 1fr; gap: 1rem 2rem; border-top: 1px solid var(--line); padding-top: 1.5rem; }
.department h3 { font-size: 1.125rem; padding-top: 1.1rem; }
.services { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
.service {
  position: relative; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.1rem 1.25rem; display: flex; flex-direction: column; gap: .4rem;
}
.service:hover { border-color: var(--accent); }
.service.closed, .service.closed:hover { background: transparent; border: 1px dashed var(--line); }
.service h4 { margin: 0; font-size: 1.125rem; line-height: 1.4; font-weight: 650; }
.service h4 a { text-decoration: none; }
.service h4 a:hover { text-decoration: underline; }
.service h4 a::after { content: ""; position: absolute; inset: 0; border-radius: 12px; }
.service h4 a:focus-visible { outline: none; }
.service:has(h4 a:focus-visible) { outline: 3px solid var(--focus); outline-offset: 3px; }
.tags { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: auto; padding-top: .5rem; font-size: .875rem; }
.tags li { border-radius: 6px; padding: .1rem .6rem; background: var(--accent-soft); color: var(--accent); }
.tags .plain { background: none; color: var(--muted); padding-left: 0; }
.tags .stopped { background: var(--stop-soft); color: var(--stop); }

@media (max-width: 52rem) {
  .masthead .wrap { flex-wrap: wrap; column-gap: .75rem; row-gap: 0; padding-top: .35rem; }
  .masthead .places { order: 9; width: 100%; margin: 0 0 0 -.75rem; }
  .search { grid-template-columns: 1fr 1fr; }
  .search .field.wide { grid-column: 1 / -1; }
  .search .button { grid-column: 1 / -1; }
  .department { grid-template-columns: 1fr; }
  .department h3 { padding-top: 0; }
}
@media (max-width: 34rem) {
  .account bdi { display: none; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .card.table { padding: 0; }
  table, tbody, tr, td { display: block; }
  td { border: 0; padding: .15rem 1rem; }
  td::before { content: attr(data-label); display: block; color: var(--muted); font-size: .85rem; }
  tr { padding: .8rem 0; border-bottom: 1px solid var(--line); }
  tr:last-child { border-bottom: 0; }
  main { padding: 1.5rem 0 2.5rem; }
  .card { padding: 1.25rem 1.1rem; }
  .brand span { display: none; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .65rem; }
}
@media print { body { background: none; } .masthead .switch, .skip { display: none; } }
`;

/** CSP source expression of the stylesheet (CSP Level 3, section 2.3.1). */
export const STYLESHEET_SOURCE = `'sha256-${createHash('sha256').update(STYLESHEET).digest('base64')}'`;
