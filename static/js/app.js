// What member pages do a little better with a script. Every page works without it.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const inField = (el) => el.closest("input, textarea, select, [contenteditable]");

  // ---- Toasts: {"toast": {"text": …, "undo": "/address/to/post/to"}} in the HX-Trigger header -------------------
  function toast(text, undo) {
    const region = $("#toasts"), template = $("#toast-template");
    if (!region || !template) return null;
    const node = template.content.firstElementChild.cloneNode(true);
    $("p", node).textContent = text;
    const form = $("form", node);
    if (undo) { form.action = undo; form.hidden = false; } else { form.remove(); }
    region.append(node);
    let timer;
    const start = () => { timer = setTimeout(() => node.remove(), 10000); };
    const stop = () => clearTimeout(timer);
    node.addEventListener("pointerenter", stop);
    node.addEventListener("pointerleave", start);
    node.addEventListener("focusin", stop);
    node.addEventListener("focusout", start);
    start();
    return node;
  }
  document.addEventListener("toast", (event) => {
    const detail = event.detail || {};
    toast(detail.text || detail.value || "", detail.undo);
  });

  // ---- Copy: data-copy="text" or data-copy-from="#id" -----------------------------------------------------------
  function selectContents(el) {
    if (el.select) { el.focus(); el.select(); return; }
    const range = document.createRange();
    range.selectNodeContents(el);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }
  // Without the clipboard interface (a page over plain HTTP) the old command still copies what is selected.
  function copyBySelection(text) {
    const dialog = document.activeElement && document.activeElement.closest("dialog");
    const box = document.createElement("textarea");
    box.className = "visually-hidden";
    box.value = text;
    (dialog || document.body).append(box);
    box.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch { done = false; }
    box.remove();
    return done;
  }
  async function copy(button) {
    const source = button.dataset.copyFrom && $(button.dataset.copyFrom);
    const text = source ? (source.value ?? source.textContent) : button.dataset.copy;
    let done = false;
    try { await navigator.clipboard.writeText(text); done = true; } catch { done = copyBySelection(text); }
    button.focus();
    if (done) {
      button.classList.add("is-copied");
      setTimeout(() => button.classList.remove("is-copied"), 2000);
      say("Copied");
    } else if (source) {
      selectContents(source);
      say("Selected. Copy it with your keyboard.");
    } else {
      const node = toast("Copy this:");
      if (!node) return;
      const box = document.createElement("input");
      box.className = "input"; box.readOnly = true; box.value = text;
      box.setAttribute("aria-label", "Text to copy");
      $("p", node).after(box);
      box.select();
    }
  }
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  document.body.append(said);
  function say(text) {
    const dialog = $("dialog[open]");
    (dialog || document.body).append(said);
    said.textContent = "";
    setTimeout(() => { said.textContent = text; }, 50);
  }

  // ---- Clicks ---------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const target = event.target;
    const copier = target.closest("[data-copy], [data-copy-from]");
    if (copier) { event.preventDefault(); copy(copier); return; }
    const dismiss = target.closest("[data-dismiss]");
    if (dismiss) { dismiss.closest(".toast").remove(); return; }
    const opener = target.closest("[data-open]");
    if (opener && !("commandForElement" in HTMLButtonElement.prototype)) document.getElementById(opener.dataset.open)?.showModal();
    if (target.nodeName === "DIALOG" && target.classList.contains("sheet")) target.close();
    for (const menu of all("details[data-menu][open]")) if (!menu.contains(target)) menu.open = false;
  });

  // ---- Forms: one press is enough; the button says what happens -------------------------------------------------
  const labels = new WeakMap();
  function free(form) {
    delete form.dataset.sending;
    for (const button of all("button[aria-busy]", form)) {
      button.replaceChildren(...labels.get(button));
      button.removeAttribute("aria-busy");
    }
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (form.dataset.sending) { event.preventDefault(); return; }
    form.dataset.sending = "1";
    setTimeout(() => free(form), 15000);
    const button = event.submitter;
    if (!button || !button.dataset.busy) return;
    labels.set(button, [...button.childNodes]);
    button.replaceChildren(button.dataset.busy);
    button.setAttribute("aria-busy", "true");
  });
  // Back from the browser's page cache: the form is as it was left.
  addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sending]").forEach(free); });

  // ---- Focus goes where the change happened: the first [data-focus] of what was put into the page -----------------
  new MutationObserver((records) => {
    for (const record of records) for (const node of record.addedNodes) {
      if (node.nodeType !== 1) continue;
      const goal = node.matches("[data-focus]") ? node : $("[data-focus]", node);
      if (!goal) continue;
      goal.focus();
      if (document.activeElement !== goal) { goal.tabIndex = -1; goal.focus(); }
      return;
    }
  }).observe(document.body, { childList: true, subtree: true });

  // On a phone the tabs scroll sideways: begin where the current one is seen.
  $(".tab-row [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // ---- Charts: what the pointer is on, or the arrow keys went to, is said below the chart -----------------------------
  function point(slot) {
    const chart = slot.closest("svg[data-slots]");
    for (const other of all(".slot.on", chart)) other.classList.remove("on");
    slot.classList.add("on");
    const line = $(".plot-said", chart.closest("section"));
    if (line) line.textContent = $("title", slot).textContent.split("\n").join(" · ");
  }
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.addEventListener("pointerdown", (event) => { const slot = event.target.closest?.("svg[data-slots] .slot"); if (slot) point(slot); });
  document.addEventListener("keydown", (event) => {
    const chart = event.target.closest?.("svg[data-slots]"), way = ARROWS[event.key];
    if (!chart || (!way && event.key !== "Home" && event.key !== "End")) return;
    const slots = all(".slot", chart), row = Number(chart.dataset.slots), on = slots.findIndex((slot) => slot.classList.contains("on"));
    if (way && way[1] && !row) return;
    event.preventDefault();
    const goal = event.key === "Home" ? 0 : event.key === "End" ? slots.length - 1 : on < 0 ? 0 : on + way[0] + way[1] * row;
    if (slots[goal]) point(slots[goal]);
  });
  document.addEventListener("focusout", (event) => {
    for (const slot of all(".slot.on", event.target.closest?.("svg[data-slots]") ?? document.createElement("i"))) slot.classList.remove("on");
  });

  // ---- Pages that move by themselves: they ask every second, while somebody can see them -------------------------------
  function tick() {
    if (!document.hidden) for (const asking of all("[data-live]")) asking.dispatchEvent(new Event("tick"));
  }
  if ($("[data-live]")) {
    setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
  }

  // ---- Keys -----------------------------------------------------------------------------------------------------
  // Single keys can be switched off (they get in the way of speech input); the choice stays in this browser.
  const store = { get: () => { try { return localStorage.getItem("keys"); } catch { return null; } },
                  set: (value) => { try { localStorage.setItem("keys", value); } catch { /* then for this page only */ } } };
  let keysOn = store.get() !== "off";
  const keySwitch = $("[data-keys-switch]");
  if (keySwitch) {
    keySwitch.checked = keysOn;
    keySwitch.addEventListener("change", () => { keysOn = keySwitch.checked; store.set(keysOn ? "on" : "off"); });
  }
  function move(step) {
    const items = all("[data-list] a[data-item]").filter((item) => item.offsetParent);
    if (!items.length) return;
    const row = document.activeElement.closest("[data-list] li, [data-list] tr");
    const at = items.findIndex((item) => item === document.activeElement || (row && row.contains(item)));
    items[at < 0 ? (step > 0 ? 0 : items.length - 1) : Math.min(Math.max(at + step, 0), items.length - 1)].focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      const menu = $("details[data-menu][open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      else if (inField(event.target) && !event.target.closest("dialog")) event.target.blur();
      return;
    }
    if (!keysOn || inField(event.target) || $("dialog[open]")) return;
    if (event.key === "/") {
      const field = $("[data-search]");
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    } else if (event.key === "j") { move(1); }
    else if (event.key === "k") { move(-1); }
    else if (event.key === "?") { $("#keys")?.showModal(); }
  });
})();
