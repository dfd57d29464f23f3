"use strict";
// The pages work without this. It shows the buttons that need a script, fills in the form of an invitation, and looks
// whether an app password was used.
(() => {
  const all = (selector) => document.querySelectorAll(selector);

  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  if (navigator.clipboard) {
    for (const button of all("[data-copy]")) {
      const label = button.querySelector("span");
      const usual = label.textContent;
      button.hidden = false;
      button.addEventListener("click", async () => {
        const source = document.getElementById(button.dataset.copy);
        const parts = [...source.querySelectorAll("[data-part]")].map((one) => one.textContent);
        const glue = button.dataset.glue === "lines" ? "\n" : "";
        await navigator.clipboard.writeText(parts.join(glue));
        label.textContent = button.dataset.done;
        setTimeout(() => { label.textContent = usual; }, 3000);
      });
    }
  }

  // The link of an invitation has name and code behind its #, which browsers send to nobody.
  const invitation = document.querySelector("form[action='/invitation']");
  if (invitation && location.hash) {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const [field, key] of [["username", "user"], ["code", "code"]]) {
      // The attribute, so that the form can be reset to it.
      if (said.get(key)) invitation.elements[field].setAttribute("value", said.get(key));
    }
    history.replaceState(null, "", location.pathname);
  }

  // The link to a profile is behind the #, too. It stays there: another language is another page.
  const profile = document.querySelector("form[action='/profile'] button[hidden]");
  if (profile && location.hash) {
    profile.form.elements.link.value = location.hash.slice(1);
    profile.hidden = false;
    for (const other of all("a[hreflang]")) other.hash = location.hash;
  }

  // A form that needs a passkey: options from the server, the browser's own window, and then the form is sent.
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const answered = async (address, how, sent) => {
    const asked = await fetch(address, { method: "POST", body: new URLSearchParams(sent), redirect: "error", cache: "no-store" });
    if (asked.status === 422) return { trouble: "proof" };
    const { step, options: { publicKey } } = await asked.json();
    publicKey.challenge = bytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
    for (const one of publicKey.excludeCredentials || []) one.id = bytes(one.id);
    const { id, rawId, type, response } = await navigator.credentials[how]({ publicKey });
    const said = { id, rawId: text(rawId), type, response: {}, clientExtensionResults: {} };
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) said.response[name] = text(response[name]);
    }
    return { step, answer: JSON.stringify(said) };
  };
  if (window.PublicKeyCredential) {
    // A proof: with a button of its own beside password and code, or with the form's.
    for (const button of all("[data-prove]")) {
      const { form, form: { elements: fields } } = button;
      const typed = [fields.password, fields.proof].filter((one) => one);
      const need = (needed) => { for (const one of typed) one.required = needed; };
      const prove = async () => {
        need(false);
        if (!form.reportValidity()) return need(true);
        try {
          const said = await answered(button.dataset.prove, "get", { token: fields.token.value });
          [fields.proof_step.value, fields.proof_answer.value] = [said.step, said.answer];
        } catch {
          button.parentNode.querySelector("[role=alert]").hidden = false;
          return need(true);
        }
        form.requestSubmit();
      };
      button.hidden = !typed.length;
      button.addEventListener("click", prove);
      if (!typed.length) form.addEventListener("submit", (event) => {
        if (fields.proof_answer.value) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        prove();
      });
    }
    for (const form of all("form[data-passkey]")) {
      const button = form.querySelector("button:not([data-prove])");
      if (!button) continue;
      button.hidden = false;
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        button.disabled = true;
        let said = { trouble: "browser" };
        try {
          const sent = new FormData(form);
          // What was typed is looked at now, and a code is good once.
          for (const name of ["password", "proof", "proof_answer"]) if (form.elements[name]) form.elements[name].value = "";
          said = await answered(form.dataset.options, form.dataset.passkey, sent);
        } catch { /* The page says what to do. */ }
        for (const [name, value] of Object.entries(said)) form.elements[name].value = value;
        for (const field of form.querySelectorAll("[required]")) field.required = false;
        form.submit();
      });
    }
  }

  // Every 3 seconds for 10 minutes, while somebody looks at the page.
  let live = document.getElementById("live");
  const address = live && live.dataset.state;
  let left = 200;
  const look = async () => {
    if (!document.hidden) {
      left -= 1;
      try {
        const answer = await fetch(address, { redirect: "error", cache: "no-store" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const now = answer.ok && page.getElementById("live");
        const other = now && now.dataset.state && now.classList.contains("bad") && now.textContent !== live.textContent;
        if (now && (other || now.className !== live.className)) {
          live.className = now.className;
          live.replaceChildren(...now.childNodes);
          if (!now.dataset.state) return;
        }
      } catch { /* The next look may work. */ }
    }
    if (left > 0) setTimeout(look, 3000);
  };
  if (address) setTimeout(look, 3000);
})();
