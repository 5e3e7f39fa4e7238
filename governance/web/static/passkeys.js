// Has the browser make a passkey or use one, and sends its answer with the form that asks for it.
// The form holds [data-passkey="create"|"get"] with the address that tells what to ask, and a field `credential`.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

const listed = (some = []) => some.map((one) => ({ ...one, id: bytes(one.id) }));

// What to ask, in the browser's own terms: by the browser itself where it can, else by hand.
const asking = {
  create: (told) => PublicKeyCredential.parseCreationOptionsFromJSON?.(told) ?? {
    ...told,
    challenge: bytes(told.challenge),
    user: { ...told.user, id: bytes(told.user.id) },
    excludeCredentials: listed(told.excludeCredentials),
  },
  get: (told) => PublicKeyCredential.parseRequestOptionsFromJSON?.(told) ?? {
    ...told,
    challenge: bytes(told.challenge),
    allowCredentials: listed(told.allowCredentials),
  },
};

const answered = (credential) => {
  if (credential.toJSON) {
    return credential.toJSON();
  }
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const told = Object.fromEntries(parts.filter((name) => response[name]).map((name) => [name, text(response[name])]));
  const transports = response.getTransports?.();
  const id = text(credential.rawId);
  return { id, rawId: id, type: credential.type, response: transports ? { ...told, transports } : told };
};

const reasons = {
  NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known", StaleError: "stale", CrowdedError: "crowded",
};

const optionsFor = async (ceremony, form) => {
  const sent = { method: "POST", headers: { Accept: "application/json", "X-Form-Token": form.elements.form_token.value } };
  const response = await fetch(ceremony.dataset.options, sent);
  if (response.status === 429) {
    throw new DOMException("too many have tried", "CrowdedError");
  }
  if (!response.ok || response.redirected) {
    throw new DOMException("the page is too old", "StaleError");
  }
  return response.json();
};

const say = (ceremony, what) => {
  for (const sentence of ceremony.querySelectorAll("[data-says]")) {
    sentence.hidden = sentence.dataset.says !== what;
    sentence.toggleAttribute("role", false);
    if (!sentence.hidden) {
      sentence.setAttribute("role", "alert");
    }
  }
};

const hold = async (ceremony, form) => {
  const kind = ceremony.dataset.passkey;
  if (!window.PublicKeyCredential) {
    return say(ceremony, "unsupported");
  }
  try {
    const publicKey = asking[kind](await optionsFor(ceremony, form));
    const credential = await navigator.credentials[kind]({ publicKey });
    form.elements.credential.value = JSON.stringify(answered(credential));
    return form.submit();
  } catch (wrong) {
    return say(ceremony, reasons[wrong.name] ?? "failed");
  }
};

for (const ceremony of document.querySelectorAll("[data-passkey]")) {
  const form = ceremony.closest("form");
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!busy) {
      busy = true;
      say(ceremony, "");
      await hold(ceremony, form);
      busy = false;
    }
  });
}
