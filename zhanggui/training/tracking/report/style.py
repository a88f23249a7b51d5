"""How a report looks, by day and by night."""

_COLOURS = ("#1f6feb", "#d9480f", "#2b8a3e", "#9c36b5", "#0b7285", "#868e96")

STYLE = (
    ":root{--ink:#1c2128;--soft:#59636e;--line:#e3e7ec;--card:#fff;--page:#f6f7f9}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;--card:#161b22;--page:#0d1117}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:1160px;padding:24px 20px 60px;background:var(--page);color:var(--ink);"
    'font:15px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}'
    "input[name=language]{position:absolute;opacity:0}"
    "nav{float:right;display:flex;gap:6px}"
    "nav label{padding:3px 12px;border:1px solid var(--line);border-radius:99px;cursor:pointer;color:var(--soft)}"
    "#zh:checked~nav [for=zh],#en:checked~nav [for=en]{background:var(--ink);color:var(--page)}"
    "#zh:focus-visible~nav [for=zh],#en:focus-visible~nav [for=en]{outline:2px solid #1f6feb;outline-offset:2px}"
    "#zh:checked~main[lang=en],#en:checked~main[lang=zh]{display:none}"
    "h1{font-size:25px;margin:0 0 16px}h1 span{color:var(--soft);font-weight:400;overflow-wrap:anywhere}"
    "h2{font-size:18px;margin:32px 0 12px}h3{font-size:15px;margin:18px 0 8px}"
    "dl{display:flex;flex-wrap:wrap;gap:12px;margin:0}"
    "dl div,figure,.plain{background:var(--card);border:1px solid var(--line);border-radius:10px}"
    "dl div{padding:10px 16px}dt{color:var(--soft);font-size:13px}dd{margin:0;font-size:20px;font-weight:600}"
    ".grid{display:grid;gap:14px;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr))}"
    ".plain{padding:4px 16px 12px}.note{color:#d9480f}"
    "figure{margin:0;padding:12px 14px}.wide figure{margin-bottom:14px;overflow-x:auto}.wide svg{min-width:720px}"
    "figcaption{display:flex;flex-wrap:wrap;gap:2px 16px;align-items:baseline;margin-bottom:6px;overflow-wrap:anywhere}"
    "figcaption span{color:var(--soft);font-size:13px}"
    "i{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:6px;vertical-align:middle}"
    "svg{display:block;width:100%;height:auto}"
    "svg .grid{stroke:var(--line)}.tick{fill:var(--soft);font-size:12px}.dot{fill:var(--ink);font-size:11px}"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{text-align:left;padding:6px 32px 6px 0;border-bottom:1px solid var(--line)}"
    "th{color:var(--soft);font-weight:500}td.n,th.n{text-align:right}th,td.n{white-space:nowrap}"
    "path{fill:none;stroke-width:2;stroke-linejoin:round}"
    + "".join(
        f".l{at}{{stroke:{colour}}}.f{at}{{fill:{colour}}}.k{at}{{background:{colour}}}"
        for at, colour in enumerate(_COLOURS)
    )
)
