/* The product's own script: every page works without it. It never computes an amount nor evaluates text.
   Attributes it reads: docs/design-system.md. */
(() => {
  "use strict";
  const doc = document, root = doc.documentElement, body = doc.body;
  root.classList.add("js");
  const $ = (sel, from = doc) => from.querySelector(sel);
  const $$ = (sel, from = doc) => [...from.querySelectorAll(sel)];
  const on = (type, fn, opts) => doc.addEventListener(type, fn, opts);
  const make = (tag, props = {}, ...kids) => {
    const el = Object.assign(doc.createElement(tag), props);
    el.append(...kids);
    return el;
  };
  const icon = (name) => {
    const svg = $("svg.icon").cloneNode(true), use = $("use", svg);
    use.setAttribute("href", use.getAttribute("href").split("#")[0] + "#" + name);
    return svg;
  };
  const csrf = () => $('meta[name="csrf-token"]')?.content || "";

  // Toasts: from the page, from HX-Trigger, from here. Eight seconds; waiting while looked at.
  const arm = (el) => {
    let timer;
    const stop = () => clearTimeout(timer), start = () => { stop(); timer = setTimeout(() => el.remove(), 8000); };
    el.onpointerenter = stop;
    el.onpointerleave = start;
    el.addEventListener("focusin", stop);
    el.addEventListener("focusout", start);
    start();
  };
  const toast = ({ text, kind = "ok", undo = "" }) => {
    const el = make("div", { className: "toast toast-" + kind }, icon(kind === "ok" ? "check" : "alert-circle"), make("p", { textContent: text }));
    if (undo) {
      el.append(make("form", { method: "post", action: undo },
        make("input", { type: "hidden", name: "csrf_token", value: csrf() }),
        make("button", { className: "btn btn-small", textContent: body.dataset.undoLabel })));
    }
    el.append(make("button", { type: "button", className: "btn btn-icon", ariaLabel: body.dataset.dismissLabel, onclick: () => el.remove() }, icon("x")));
    $("#toasts").append(el);
    arm(el);
  };
  let lost = false;
  const offline = () => {
    if (!lost) toast({ text: body.dataset.offline, kind: "bad" });
    lost = true;
  };

  // A window numbers its saves: requests may overtake each other.
  const numbered = (form) => {
    const el = form.elements?.count;
    return el && (el.value = +el.value + 1);
  };

  // htmx
  on("htmx:configRequest", (e) => {
    if (csrf()) e.detail.headers["X-CSRFToken"] = csrf();
    const count = numbered(e.target);
    if (count) e.detail.parameters.count = count;
  });
  for (const t of ["htmx:sendError", "htmx:timeout"]) on(t, offline);
  on("htmx:responseError", (e) => { if (!e.detail.xhr.getResponseHeader("HX-Trigger")) toast({ text: body.dataset.failed, kind: "bad" }); });
  on("htmx:afterRequest", (e) => { if (e.detail.successful) lost = false; });
  on("htmx:load", (e) => ready(e.target));
  on("toast", (e) => toast(e.detail.text ? e.detail : { text: e.detail.value }));

  // Forms: no second click while the first is under way; back from the history the page is fetched anew.
  on("submit", (e) => {
    if (e.defaultPrevented || e.target.method === "dialog") return;
    numbered(e.target);
    const buttons = $$("button:not([type=button])", e.target);
    setTimeout(() => buttons.forEach((b) => { b.disabled = true; }));
    setTimeout(() => buttons.forEach((b) => { b.disabled = false; }), 15000);
  });
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });

  // Clicks
  on("click", (e) => {
    const hit = (sel) => e.target.closest?.(sel);
    let el;
    if ((el = hit("[data-dismiss]"))) el.closest(".toast, .alert").remove();
    else if ((el = hit("[data-copy]"))) copy(el);
    else if ((el = hit("[data-editor] [data-op]"))) { e.preventDefault(); operate(el.dataset.op, el.closest("[data-line]"), el.closest("[data-editor]")); }
    else if ((el = hit("button[commandfor]")) && !("commandForElement" in el)) {
      const d = doc.getElementById(el.getAttribute("commandfor"));
      if (el.getAttribute("command") === "show-modal") d.showModal(); else d.close();
    }
  });
  const copy = async (el) => {
    try {
      await navigator.clipboard.writeText(el.dataset.copy);
    } catch {
      const area = make("textarea", { value: el.dataset.copy, className: "vh" });
      el.after(area); area.select(); doc.execCommand("copy"); area.remove(); el.focus();
    }
    const span = $("span", el), was = span.textContent;
    if (was === el.dataset.done) return;
    span.textContent = el.dataset.done;
    setTimeout(() => { span.textContent = was; }, 2000);
  };

  // The editor's lines: local, then one recompute by the server.
  const uid = () => [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(36).padStart(2, "0")).join("").slice(0, 12);
  const first = (line) => $(".input", line);
  const recalc = () => body.dispatchEvent(new CustomEvent("recalc", { bubbles: true }));
  const addLine = (after, list) => {
    const line = make("div", { innerHTML: $("#line-tpl").innerHTML.replaceAll("__UID__", uid()) }).firstElementChild;
    if (after) after.after(line); else list.append(line);
    if (window.htmx) htmx.process(line);
    ready(line);
    return line;
  };
  const operate = (op, line, editor) => {
    const list = $("[data-lines]", editor);
    line?.querySelector("[popover]:popover-open")?.hidePopover();
    if (op === "add") first(addLine(null, list)).focus();
    else if (op === "up" || op === "down") {
      const other = op === "up" ? line.previousElementSibling : line.nextElementSibling;
      if (!other) return;
      const now = doc.activeElement, at = line.contains(now) && now.matches(".input") ? now : first(line);
      if (op === "up") other.before(line); else other.after(line);
      at.focus();
    } else if (op === "duplicate") {
      const twin = addLine(line, list), from = $$(".input", line);
      $$(".input", twin).forEach((el, i) => { el.value = from[i].value; });
      first(twin).focus();
    } else if (op === "remove") {
      const next = line.nextElementSibling || line.previousElementSibling;
      if (!next) addLine(line, list);
      line.remove();
      first(next || $("[data-line]", list)).focus();
    }
    recalc();
  };

  // Combobox (ARIA 1.2, list autocomplete). Enter takes an option only when the list answers the text as it is now.
  const combobox = (input) => {
    input.removeAttribute("list");
    const id = input.id + "-options", list = make("ul", { className: "options", id, hidden: true });
    Object.assign(input, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: "false" });
    input.setAttribute("aria-controls", id);
    Object.assign(list, { role: "listbox", ariaLabel: input.labels[0]?.textContent.trim() });
    input.closest(".combobox").append(list);
    let timer, turn = 0, moved, wanted, pending, active;
    const shut = () => { list.hidden = true; active = null; input.ariaExpanded = "false"; input.removeAttribute("aria-activedescendant"); };
    const drop = () => { turn += 1; pending = wanted = false; clearTimeout(timer); shut(); };
    const mark = (li) => {
      if (active) active.ariaSelected = "false";
      active = li;
      if (!li) return;
      li.id = id + "-" + [...list.children].indexOf(li);
      li.ariaSelected = "true";
      li.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", li.id);
    };
    const take = (li) => {
      drop();
      if (li.dataset.href) { location.assign(li.dataset.href); return; }
      input.value = li.dataset.value;
      const hidden = doc.getElementById(input.dataset.target);
      if (hidden) hidden.value = li.dataset.id || "";
      for (const [k, v] of Object.entries(JSON.parse(li.dataset.fill || "{}"))) {
        const el = doc.getElementById((input.dataset.prefix || "") + k);
        if (el) el.value = v;
      }
      input.dispatchEvent(new Event("change", { bubbles: true }));
      recalc();
    };
    const ask = async () => {
      const mine = ++turn, q = input.value.trim();
      const url = new URL(input.dataset.combobox, location.href);
      url.searchParams.set("q", q);
      try {
        const answer = await fetch(url, { headers: { "HX-Request": "true" } });
        if (mine !== turn || !answer.ok) return;
        const html = await answer.text();
        if (mine !== turn) return;
        list.innerHTML = html;
      } catch { offline(); return; } finally { if (mine === turn) pending = false; }
      moved = list.hidden = false;
      input.ariaExpanded = String(list.children.length > 0);
      mark($("li:not(.option-create)", list));
      if (wanted && active) take(active);
      wanted = false;
    };
    input.addEventListener("input", () => {
      const hidden = doc.getElementById(input.dataset.target);
      if (hidden) hidden.value = "";
      wanted = false;
      if (!input.value.trim()) { drop(); return; }
      clearTimeout(timer);
      pending = true;
      timer = setTimeout(ask, 150);
    });
    input.addEventListener("keydown", (e) => {
      if (e.altKey || e.ctrlKey || e.metaKey || e.isComposing) return;
      const all = $$("li", list), open = !list.hidden && all.length > 0;
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (!open) { ask(); return; }
        moved = true;
        const step = e.key === "ArrowDown" ? 1 : -1;
        mark(all[(all.indexOf(active) + step + all.length) % all.length]);
      } else if (e.key === "Enter") {
        const stale = active?.dataset.q !== input.value.trim();
        if (open && active && (moved || !stale)) { e.preventDefault(); take(active); }
        else if (pending) { e.preventDefault(); wanted = true; }
      } else if (e.key === "Escape" && open) { e.preventDefault(); shut(); }
    });
    input.addEventListener("blur", drop);
    list.addEventListener("pointerdown", (e) => e.preventDefault());
    list.addEventListener("click", (e) => { const li = e.target.closest("li"); if (li) take(li); });
  };

  // Keys. Single letters are off while typing, and when <body data-keys="off">.
  let g = 0;
  on("keydown", (e) => {
    if (e.isComposing) return;
    const at = e.target, typing = at.matches?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
    const line = at.closest?.("[data-line]"), ctrl = e.ctrlKey || e.metaKey;
    const press = (sel) => { const el = $(sel); if (el) { e.preventDefault(); el.click(); } };
    const find = () => { const el = $("[data-search]"); if (el) { e.preventDefault(); el.select(); } };
    if (e.altKey && line && !ctrl) {
      const op = { ArrowUp: "up", ArrowDown: "down", Backspace: "remove" }[e.key];
      if (op) { e.preventDefault(); operate(op, line, line.closest("[data-editor]")); }
      return;
    }
    if (ctrl) {
      if (e.key === "Enter") press('[data-key="Ctrl+Enter"]');
      else if (e.key === "s") press('[data-key="Ctrl+S"]');
      else if (e.key === "k") find();
      return;
    }
    if (typing || e.altKey || body.dataset.keys === "off" || $("dialog[open]")) return;
    if (e.key === "/") find();
    else if (e.key === "?") $("#keys")?.showModal();
    else if (e.timeStamp - g < 1500 && "icphrq".includes(e.key)) {
      const to = { i: "/invoices", c: "/clients", p: "/payments", h: "/", r: "/reports", q: "/quotes" }[e.key];
      g = 0;
      if ($(`.side-nav a[href="${to}"]`)) location.assign(to);
    } else if (e.key === "g") g = e.timeStamp;
    else if (/^[a-z]$/.test(e.key)) press(`[data-key="${e.key}"]`);
  });

  // Dates in words, as the reader's language says them.
  on("change", (e) => {
    const out = e.target.id && $(`[data-longdate="${CSS.escape(e.target.id)}"]`);
    if (!out) return;
    const day = e.target.valueAsDate;
    out.textContent = day ? new Intl.DateTimeFormat(root.lang, { dateStyle: "long", timeZone: "UTC" }).format(day) : "";
  });

  const ready = (el) => {
    const from = el.parentNode || el;
    $$("[data-combobox]:not([role])", from).forEach(combobox);
    for (const t of $$("[data-toast]", from)) { t.removeAttribute("data-toast"); arm(t); }
    for (const d of $$("dialog[data-open]:not([open])", from)) d.showModal();
    $("[data-focus]", from)?.focus();
  };
  ready(doc);
  $(".line [autofocus]")?.select();
})();
