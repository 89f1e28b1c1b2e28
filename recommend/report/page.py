"""A report as one HTML file: no script, nothing to load, readable offline, on paper, by day and by night. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from recommend.report.blocks import MARKS, TINTS, Block, Fact, Facts, Figure, Headline, Line, Lines, Section, Table, Text
from recommend.report.content import sections, title_line
from recommend.report.drawing import classes, style, svg
from recommend.report.records import Report
from recommend.wording import LOOKS

_SHAPES = "".join(look.shape for look in LOOKS.values())
_LAYOUT = """
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
body{max-width:64rem;margin:0 auto;padding:2rem 1.25rem 4rem}
header{border-bottom:3px solid var(--line);padding-bottom:.8rem;margin-bottom:1rem}
.brand{color:var(--line);font-weight:600;letter-spacing:.02em}
h1{font-size:2.1rem;line-height:1.15;margin:.2rem 0 .4rem;overflow-wrap:anywhere}
h2{font-size:1.35rem;margin:2.4rem 0 .7rem;padding-top:.4rem;border-top:1px solid var(--grid);break-after:avoid}
p{margin:.5rem 0;max-width:46rem}
.small,.fact small,figcaption,header p{color:var(--soft);font-size:.9rem}
nav{font-size:.9rem;display:flex;flex-wrap:wrap;gap:.2rem 1rem}
a{color:var(--line)}
.head{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2rem 1rem}
.head b{font-size:3.8rem;line-height:1;font-variant-numeric:tabular-nums}
.head strong{font-size:1.4rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.8rem;margin:1rem 0}
.fact{border:1px solid var(--grid);border-radius:.6rem;padding:.7rem .9rem;break-inside:avoid}
.fact span,.fact b,.fact small{display:block}
.fact b{font-size:1.3rem;line-height:1.3;font-variant-numeric:tabular-nums}
ul{list-style:none;padding:0;margin:.5rem 0;max-width:50rem}
li{padding:.25rem 0 .25rem 1.4rem;text-indent:-1.4rem;overflow-wrap:anywhere}
li::before{content:"–";display:inline-block;width:1.4rem;text-indent:0;color:var(--soft)}
li.marked::before{content:none}
.mark{display:inline-block;width:1.4rem;text-indent:0}
.tag{font-weight:600}
figure{margin:1rem 0 1.2rem;break-inside:avoid}
figure h3{font-size:1rem;margin:0 0 .5rem}
svg{display:block;width:100%;height:auto;max-width:60rem;font-family:inherit}
svg.narrow{display:none}
figcaption{margin-top:.4rem;max-width:46rem}
table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.8rem 0 1.2rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--grid);overflow-wrap:break-word}
th{color:var(--soft);font-weight:600;vertical-align:bottom}
td{font-variant-numeric:tabular-nums}
.n{text-align:right;white-space:nowrap;padding-right:1rem}
table.slim{width:auto}.slim th,.slim td{padding-right:1.6rem}
.w{min-width:10rem}
tr{break-inside:avoid}
@media (max-width:720px){
h1{font-size:1.6rem}
svg.wide{display:none}svg.narrow{display:block}
.tall,.tall tbody,.tall tr,.tall td{display:block}.tall thead{display:none}
.tall tr{border-bottom:1px solid var(--grid);padding:.5rem 0}
.tall td{border:0;padding:.1rem 0;text-align:left;white-space:normal;display:flex;gap:.6rem}
.tall td::before{content:attr(data-name);flex:0 0 8rem;color:var(--soft)}
.tall td:first-child{font-weight:600}
.slim th,.slim td{padding-right:.6rem;white-space:normal}
}
@media print{nav{display:none}body{max-width:none;padding:0}html{font-size:12px}h2{margin-top:1.6rem}}
"""


def as_html(report: Report) -> str:
    """The whole document. Everything that comes from people or files is escaped."""
    parts = sections(report)
    name = escape(report.project)
    links = "".join(f'<a href="#{part.key}">{escape(part.title)}</a>' for part in parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{name} · Plateau report</title>\n<style>{_css()}</style>\n</head>\n<body>\n"
        f'<header><div class="brand">Plateau report</div><h1>{name}</h1><p>{escape(title_line(report))}</p></header>\n'
        f"<nav>{links}</nav>\n{''.join(map(_section, parts))}</body>\n</html>\n"
    )


def _css() -> str:
    night = f"@media screen and (prefers-color-scheme:dark){{:root{{{style(True)}}}}}"
    return f":root{{{style(False)}color-scheme:light dark}}{night}{classes()}{_LAYOUT}"


def _section(section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    return f'<section id="{section.key}">\n<h2>{escape(section.title)}</h2>\n{blocks}\n</section>\n'


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f"{'<p class=small>' if block.small else '<p>'}{_said(block.words)}</p>"
    if isinstance(block, Headline):
        return _headline(block)
    if isinstance(block, Facts):
        return f'<div class="facts">{"".join(map(_fact, block.facts))}</div>'
    if isinstance(block, Lines):
        return f"<ul>{''.join(map(_line, block.lines))}</ul>"
    return _table(block) if isinstance(block, Table) else _figure(block)


def _headline(head: Headline) -> str:
    look = LOOKS[head.band]
    band = f'<strong style="color:var(--{head.band})">{look.shape} {look.word}</strong>'
    return f'<div class="head"><b>{_said(head.number)}</b>{band}<span>{_said(head.span)}</span></div><p>{_said(head.words)}</p>'


def _fact(fact: Fact) -> str:
    return f'<div class="fact"><span>{_said(fact.title)}</span><b>{_said(fact.value)}</b><small>{_said(fact.words)}</small></div>'


def _line(line: Line) -> str:
    title = f"<b>{_said(line.title)}.</b> " if line.title else ""
    if not line.mark:
        return f"<li>{title}{_said(line.words)}</li>"
    shape, word = MARKS[line.mark]
    tint = f'style="color:var(--{TINTS[line.mark]})"'
    mark = f'<span class="mark" {tint} aria-hidden="true">{shape}</span><span class="tag" {tint}>{word}</span> '
    return f'<li class="marked">{mark}{title}{_said(line.words)}</li>'


def _figure(figure: Figure) -> str:
    pictures = svg(figure.wide, figure.message, "wide") + svg(figure.narrow, figure.message, "narrow")
    return f"<figure><h3>{_said(figure.title)}</h3>{pictures}<figcaption>{_said(figure.message)}</figcaption></figure>"


def _table(table: Table) -> str:
    heads = "".join(f"<th{_kind(table, k)}>{_said(name)}</th>" for k, name in enumerate(table.columns))
    rows = "".join(f"<tr>{''.join(_cells(table, row))}</tr>\n" for row in table.rows)
    return f"<table class={'tall' if table.wide else 'slim'}><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table>"


def _cells(table: Table, row: tuple[str, ...]) -> Iterator[str]:
    for k, (name, cell) in enumerate(zip(table.columns, row, strict=True)):
        yield f'<td{_kind(table, k)} data-name="{escape(name)}">{_said(cell)}</td>'


def _kind(table: Table, column: int) -> str:
    return ' class="n"' if column in table.numbers else ' class="w"' if column in table.wide else ""


def _said(words: str) -> str:
    """Words as they stand; a value stays on one line with its sign, and a band with its shape.

    >>> _said("<b> 4 % ● Good") == "&lt;b&gt; 4\u00a0% ●\u00a0Good"
    True
    """
    return re.sub(f"([{_SHAPES}]) ", "\\1\u00a0", escape(words.replace(" %", "\u00a0%")))
