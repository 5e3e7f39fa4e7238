// Tells the stylesheet that scripts run. It stands outside the page, so that no page has to allow scripts inside it.
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("govuk-frontend-supported");
