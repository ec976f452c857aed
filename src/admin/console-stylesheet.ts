import { createHash } from 'node:crypto';
import { trusted } from '../portal/html.ts';

/** What console pages have besides the stylesheet of all pages: denser, with navigation beside the content. */
const STYLESHEET = `
.wrap.full { max-width: 96rem; }
.part { margin-left: .25rem; padding-left: .9rem; border-left: 1px solid var(--line); font-weight: 600; }
.masthead .part ~ .account, .masthead .part ~ .button { margin-left: auto; }
.masthead .account + .switch { margin-left: .75rem; }
.beside { flex: 1; display: grid; grid-template-columns: 13.5rem minmax(0, 1fr); gap: 2.25rem; align-items: start; }
.beside > main { padding: 2rem 0 3.5rem; }
.content > * + * { margin-top: 1.25rem; }
.content { font-size: 1rem; line-height: 1.6; }
.content h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
.content > h2 { font-size: 1.2rem; margin-top: 1.75rem; }
.columns > section:not(.card) > h2 { font-size: 1.2rem; }
td .act, .act .act { margin-top: 0; }
td .button { min-height: 2.25rem; padding: .1rem .9rem; font-size: .9rem; }
.content .choice { font-weight: 400; }
.content .card { border-radius: 10px; padding: 1.15rem 1.25rem; }
.content .card.table { padding: 0; }
.content .card h2 { font-size: 1.0625rem; }
.content th, .content td { padding: .55rem .9rem; font-size: .925rem; }
.side { position: sticky; top: 0; padding: 2rem 0; }
.side .sections { display: grid; gap: .15rem; }
.side .sections a { display: flex; align-items: center; justify-content: space-between; gap: .5rem; min-height: 2.6rem; padding: .25rem .8rem; border-radius: 8px; color: var(--ink); text-decoration: none; }
.side .sections a:hover { background: var(--card); color: var(--accent); }
.side .sections a[aria-current] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
.count { min-width: 1.5rem; padding: 0 .4rem; border-radius: 999px; background: var(--accent); color: var(--on-accent); font-size: .8rem; font-weight: 650; text-align: center; }
.self { margin-top: 1.25rem; padding: 1rem .8rem 0; border-top: 1px solid var(--line); font-size: .875rem; color: var(--muted); display: grid; gap: .5rem; }
.heading { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .75rem 1.5rem; }
.heading .act { margin: 0; }
.crumbs { font-size: .9rem; color: var(--muted); }
.crumbs ol { display: flex; flex-wrap: wrap; gap: .25rem .5rem; }
.crumbs li + li::before { content: "/"; margin-right: .5rem; color: var(--line); }
.figures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1.1rem; }
.figure dt { color: var(--muted); font-size: .9rem; }
.figure dd { font-size: 1.6rem; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figure dd small { font-size: .9rem; font-weight: 400; color: var(--muted); }
.columns { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); align-items: start; }
.concerns { display: grid; gap: .5rem; } .concerns li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .75rem; align-items: baseline; padding: .6rem .9rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); } .concerns a { overflow-wrap: anywhere; }
.notice { border-left: 5px solid var(--accent); background: var(--accent-soft); border-radius: 8px; padding: .7rem 1rem; }
.notice.done { border-color: var(--pass); }
.notice.grave { border-color: var(--stop); background: var(--stop-soft); }
.notice h2 { font-size: 1rem; margin-bottom: .2rem; }
.state { display: inline-block; white-space: nowrap; border: 1px solid var(--line); border-radius: 6px; padding: 0 .5rem; font-size: .875rem; font-weight: 600; background: var(--card); }
.state.good { color: var(--pass); border-color: currentColor; }
.state.bad { color: var(--stop); border-color: currentColor; }
.state.open { color: var(--accent); border-color: currentColor; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.number { text-align: right; }
caption { text-align: left; padding: .8rem .9rem 0; font-weight: 600; }
.form { display: grid; gap: 1.1rem; max-width: 52rem; }
.form.wide { max-width: none; }
.form > fieldset > legend { font-size: 1.0625rem; margin-bottom: .6rem; }
.pair { display: grid; gap: 1.1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); align-items: start; }
.hint { color: var(--muted); font-size: .875rem; }
.content .search > .pair { grid-column: 1 / -1; }
.content > .places { margin-left: 0; overflow-x: auto; } .content > .places a { white-space: nowrap; }
.score > * + * { margin-top: .6rem; }
.wrong { color: var(--stop); font-size: .9rem; font-weight: 600; }
[aria-invalid=true] { border-color: var(--stop) !important; border-width: 2px !important; }
textarea { font: .875rem/1.55 ui-monospace, Menlo, Consolas, "Noto Sans Mono CJK SC", monospace; width: 100%; min-height: 8rem; padding: .6rem .75rem; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); color: var(--ink); resize: vertical; }
textarea.prose { font: inherit; min-height: 5rem; }
.button.danger { background: var(--stop); border-color: var(--stop); color: var(--card); }
.button.quiet.danger { background: transparent; color: var(--stop); }
.consequences { display: grid; gap: .5rem; }
.consequences li { border-left: 4px solid var(--focus); padding-left: .75rem; }
.diff { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
.diff h3 { font-size: .95rem; padding: .55rem .9rem; border-bottom: 1px solid var(--line); background: var(--ground); }
.diff table { font: .825rem/1.5 ui-monospace, Menlo, Consolas, "Noto Sans Mono CJK SC", monospace; }
.diff .diff-line td { padding: 0 .6rem; border: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .825rem; }
.diff td.at { width: 1%; color: var(--muted); text-align: right; user-select: none; white-space: nowrap; }
.diff .added td { background: color-mix(in srgb, var(--pass) 14%, transparent); }
.diff .removed td { background: color-mix(in srgb, var(--stop) 13%, transparent); }
.diff .gap td { color: var(--muted); background: var(--ground); padding: .1rem .6rem; }
.chart { margin: 0; overflow-x: auto; }
.chart svg { display: block; width: 100%; min-width: 30rem; height: auto; }
.chart text { fill: var(--muted); font-size: 12px; }
.chart .axis { stroke: var(--line); stroke-width: 1; }
.chart .s0 { fill: var(--s0); } .chart .s1 { fill: var(--s1); } .chart .s2 { fill: var(--s2); } .chart .s3 { fill: var(--s3); } .chart .s4 { fill: var(--s4); } .chart .s5 { fill: var(--s5); }
.chart .l { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.chart .l0 { stroke: var(--s0); } .chart .l1 { stroke: var(--s1); } .chart .l2 { stroke: var(--s2); } .chart .l3 { stroke: var(--s3); } .chart .l4 { stroke: var(--s4); } .chart .l5 { stroke: var(--s5); }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; font-size: .9rem; margin-top: .6rem; }
.legend svg { width: .9rem; height: .9rem; min-width: 0; display: inline-block; margin-right: .4rem; vertical-align: -.1rem; }
:root { --s0: #0b5a72; --s1: #b45309; --s2: #4d7c0f; --s3: #7c3aed; --s4: #be185d; --s5: #475569; }
@media (prefers-color-scheme: dark) { :root { --s0: #83cbe3; --s1: #f5b350; --s2: #a3d65c; --s3: #c4a7ff; --s4: #f59ac2; --s5: #a8b7bf; } }
.raw { margin: 0; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); font: .825rem/1.55 ui-monospace, Menlo, Consolas, "Noto Sans Mono CJK SC", monospace; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 28rem; overflow: auto; }
.nothing { color: var(--muted); padding: 1.25rem; border: 1px dashed var(--line); border-radius: 10px; }
.form:has(.segment) { max-width: none; }
.segment { display: grid; gap: 1rem; }
.segment > h3 { font-size: 1rem; margin-top: .25rem; }
.segment .row { border: 1px solid var(--line); border-radius: 8px; padding: .75rem 1rem; display: grid; gap: .75rem; }
.segment .row > legend { padding: 0 .35rem; font-size: .925rem; }
.segment .act-less { display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
.segment .check { font-weight: 400; }
.segment details[open] { display: grid; gap: .75rem; }
.segment .pair { grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); align-items: end; }
.segment .pair.wide-first > :first-child { grid-column: span 2; }
.content section > h2 + .muted, .content section > .columns { margin-top: .75rem; }
.jump ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .95rem; }
.jump a { display: inline-block; padding: .25rem 0; }
.verb { display: inline-block; min-width: 3.6rem; font-weight: 700; font-size: .85rem; color: var(--accent); text-transform: uppercase; }
@media (max-width: 60rem) {
  .beside { grid-template-columns: minmax(0, 1fr); align-content: start; gap: 0; }
  .beside > main { padding-top: 1rem; }
  .side { position: static; padding: .5rem 0 0; min-width: 0; }
  .side .sections { display: flex; overflow-x: auto; gap: .25rem; border-bottom: 1px solid var(--line); padding: .25rem .25rem .5rem; }
  .side .sections a { white-space: nowrap; }
  /* Where one is stays in sight, whichever way the others are scrolled. */
  .side .sections li:has([aria-current]) { position: sticky; inset: 0; z-index: 1; border-radius: 8px; background: var(--ground); }
  .self { border: 0; margin: .25rem 0 0; padding: 0 .25rem; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
}
@media (max-width: 34rem) {
  .segment .pair.wide-first > :first-child { grid-column: auto; }
  td.number { text-align: left; }
  /* Wider than the window: the latest is seen first. */
  .chart { direction: rtl; } .chart > * { direction: ltr; }
  .content td { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: 0 .75rem; justify-items: start; padding: .2rem .9rem; }
  .content td > * { grid-column: 2; min-width: 0; overflow-wrap: anywhere; }
  .content td::before { grid-column: 1; grid-row: 1 / span 9; }
  .masthead .account + .switch { margin-left: auto; }
  .diff table, .diff tbody { display: table; width: 100%; } .diff tbody { display: table-row-group; }
  .diff tr { display: table-row; } .diff td { display: table-cell; } .diff td::before { content: none; }
  .part { padding-left: .6rem; }
}
@page { size: A4; margin: 16mm 14mm; }
@media print {
  .side, .masthead, .footer, .skip, .places, .act, form { display: none !important; }
  .beside { display: block; } .beside > main { padding: 0; } .content { font-size: .9rem; }
  .card { border-radius: 0; } .score { break-inside: avoid; } .nothing { border: 0; padding: 0; }
}
`;

export const CONSOLE_STYLE = trusted(`<style>${STYLESHEET}</style>`);

/** CSP source expression of the stylesheet (CSP Level 3, section 2.3.1). */
export const CONSOLE_STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLESHEET).digest('base64')}'`;
