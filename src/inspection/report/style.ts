export const STYLE = `
:root{--ink:#1a2230;--soft:#5b6675;--line:#d9dee6;--paper:#fff;--fail:#b3261e;--warn:#8a5a00;--unknown:#4a5568;--pass:#1b6b3a}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem;color:var(--ink);background:var(--paper);font:1rem/1.6 "PingFang SC","Noto Sans CJK SC","Microsoft YaHei",system-ui,sans-serif}
[lang=en]{color:var(--soft);font-size:.86em}
h1{font-size:1.6rem;line-height:1.3;margin:0 0 .75rem}
h1 [lang=en]{display:block;font-size:1rem;font-weight:400}
h2{font-size:1.15rem;margin:2rem 0 .5rem;padding-bottom:.25rem;border-bottom:2px solid var(--ink)}
h3{font-size:1rem;margin:0;font-weight:600}
dl{margin:0;display:flex;gap:2rem;flex-wrap:wrap}
dl div{display:flex;gap:.5rem}dt{color:var(--soft)}dd{margin:0}
.summary{display:flex;gap:2rem;align-items:center;flex-wrap:wrap;margin:1.5rem 0 .5rem;padding:1rem 1.25rem;border:1px solid var(--line);border-radius:.5rem}
.score{margin:0}.score strong{font-size:3rem;line-height:1}
.summary ul{display:flex;gap:1.5rem;flex-wrap:wrap;list-style:none;margin:0;padding:0}
.summary li{border-left:.25rem solid;padding-left:.5rem}
.formula{color:var(--soft);font-size:.875rem;margin:.25rem 0 0}
article{border-left:.25rem solid;padding:.5rem 0 .5rem .75rem;margin:.75rem 0}
article ul{margin:.25rem 0;padding-left:1.25rem}
.mend{margin:.25rem 0}
.clauses{margin:.25rem 0 0;color:var(--soft);font-size:.8125rem}
.status{display:inline-block;border:1px solid currentColor;border-radius:.25rem;padding:0 .375rem;font-size:.8125rem}
.status [lang=en]{color:inherit}
.fail,.fail .status{border-color:var(--fail)}.fail .status,.summary .fail strong{color:var(--fail)}
.warn,.warn .status{border-color:var(--warn)}.warn .status,.summary .warn strong{color:var(--warn)}
.unknown,.unknown .status{border-color:var(--unknown)}.unknown .status{color:var(--unknown)}
.pass,.pass .status{border-color:var(--pass)}.pass .status,.summary .pass strong{color:var(--pass)}
footer{margin-top:2.5rem;padding-top:.5rem;border-top:1px solid var(--line);color:var(--soft);font-size:.8125rem}
@media print{@page{size:A4;margin:16mm}body{max-width:none;padding:0;font-size:10pt}article{break-inside:avoid}h2{break-after:avoid}}
`;
