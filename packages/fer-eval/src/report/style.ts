import { type ColorScheme, SCHEMES } from '../plots/theme.js';

function variables(scheme: ColorScheme): string {
  return Object.entries(SCHEMES[scheme])
    .map(([name, color]) => `--fer-${name}:${color}`)
    .join(';');
}

/** The style sheet of the report. It defines the variables that `renderSvg` uses for colours. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f6f7f9;${variables('light')}}
@media(prefers-color-scheme:dark){:root{--ground:#0f1216;${variables('dark')}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--fer-ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1160px;margin:0 auto;padding:40px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:18px;margin:44px 0 12px}
p{margin:0 0 8px;max-width:72ch}
.lead,.note{color:var(--fer-muted)}
.note{font-size:13px;margin-top:8px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0 20px}
.tile,.card{background:var(--fer-paper);border:1px solid var(--fer-grid);border-radius:10px}
.tile{padding:14px 16px}
.tile b{display:block;font-size:24px;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tile span{color:var(--fer-muted);font-size:13px}
.card{padding:14px 16px;min-width:0}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:12px}
.grid>:only-child{grid-column:1/-1;max-width:640px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:12px}
.pair>:only-child{grid-column:1/-1}
.tables{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:12px;margin-top:8px}
.tables>:first-child{grid-column:1/-1}
.below{margin-top:12px}
.pair>div.card{align-self:start}
@media(max-width:820px){.pair{grid-template-columns:minmax(0,1fr)}}
.card figcaption{font-weight:600;margin-bottom:10px}
figure{margin:0}
.card svg{display:block;width:100%;height:auto;margin:0 auto}
.faces{display:grid;grid-template-columns:repeat(auto-fill,minmax(88px,1fr));gap:16px 8px;text-align:center;font-size:13px;line-height:1.3}
.faces span{display:block;color:var(--fer-muted)}
.faces div{display:flex;justify-content:center;gap:3px;margin:3px 0 4px}
.faces img{display:block;width:72px;height:auto;border-radius:4px}
.faces.wide{grid-template-columns:repeat(auto-fill,minmax(160px,1fr))}
.faces figcaption{font-weight:600;margin:0}
.faces small{display:block;font-weight:400;color:var(--fer-muted);font-size:12px}
.scroll{overflow-x:auto;--shade:color-mix(in srgb,var(--fer-ink) 22%,transparent);
background:linear-gradient(to right,var(--fer-paper) 30%,transparent) 0 0/40px 100% no-repeat local,
linear-gradient(to left,var(--fer-paper) 30%,transparent) 100% 0/40px 100% no-repeat local,
linear-gradient(to right,var(--shade),transparent) -1px 0/14px 100% no-repeat scroll,
linear-gradient(to left,var(--shade),transparent) calc(100% + 1px) 0/14px 100% no-repeat scroll}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:8px 10px;text-align:right;vertical-align:top;white-space:nowrap;border-bottom:1px solid var(--fer-grid)}
thead th{white-space:normal}
tbody tr:last-child>*{border-bottom:0}
th:first-child,td:first-child{text-align:left;padding-left:0}
tbody th{position:sticky;left:0;background:var(--fer-paper);z-index:1}
abbr{text-decoration:underline dotted;text-underline-offset:3px;cursor:help}
nav{display:flex;flex-wrap:wrap;gap:6px 16px;margin:20px 0 0;padding:10px 0;border-block:1px solid var(--fer-grid);font-size:14px}
nav a,nav a:visited{color:var(--fer-1);text-decoration:none}
nav a:hover{text-decoration:underline}
th:last-child,td:last-child{padding-right:0}
thead th{font-size:13px;font-weight:600;color:var(--fer-muted);vertical-align:bottom}
tbody th{font-weight:500}
tr.chosen>th{font-weight:650}
td small,tbody th small{display:block;font-weight:400;color:var(--fer-muted);font-size:12px}
thead button{all:unset;cursor:pointer}
thead button:hover{color:var(--fer-ink)}
thead button:focus-visible,summary:focus-visible{outline:2px solid var(--fer-1);outline-offset:2px;border-radius:3px}
[aria-sort=ascending] button::after{content:" \\2191"}
[aria-sort=descending] button::after{content:" \\2193"}
details{margin-top:12px}
summary{cursor:pointer;color:var(--fer-muted);padding:4px 0}
details>.grid,details>.card{margin-top:8px}
dl{display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:4px 20px;margin:0;font-size:14px}
dt{color:var(--fer-muted)}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:13px}
.terms dd{font:inherit}
@media(max-width:560px){main{padding:24px 14px 48px}h1{font-size:23px}.tiles{grid-template-columns:1fr 1fr}.tile b{font-size:20px}
th,td{padding:7px 6px}th:first-child{white-space:normal;min-width:88px}
.faces{grid-template-columns:repeat(4,1fr);gap:14px 4px;font-size:12px}.faces img{width:60px}.faces.wide{grid-template-columns:1fr 1fr}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}
@media print{
:root{color-scheme:light;--ground:#fff;${variables('light')}}
body{background:none;font-size:10.5pt}
main{max-width:none;padding:0}
.card,.tile,figure,tr{break-inside:avoid}
h2,h2+p,summary,.card>p{break-after:avoid}
.scroll{overflow:visible;background:none}
table{font-size:8.5pt}
th,td{white-space:normal;padding:3px 5px}
thead th,td small,tbody th small{font-size:7.5pt}
tbody th{position:static}
nav{display:none}
details::details-content{content-visibility:visible;block-size:auto}
summary{list-style:none}}
`.trim();
