// In the editor of texts a merge field can be pressed: it goes where the cursor was. Without this it can be copied by hand.
(() => {
  "use strict";
  const form = document.getElementById("text-form");
  if (!form) return;
  let last = form.elements.namedItem("body");
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("input:not([type=hidden]), textarea")) last = event.target;
  });
  function insert(text) {
    if (!last || last.disabled) return;
    last.focus();
    last.setRangeText(text, last.selectionStart, last.selectionEnd, "end");
    last.dispatchEvent(new Event("input", { bubbles: true }));
  }
  for (const field of document.querySelectorAll("[data-insert]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chip merge-field";
    button.textContent = field.textContent;
    button.setAttribute("aria-label", `Insert ${field.textContent}`);
    button.addEventListener("click", () => insert(field.dataset.insert));
    field.replaceWith(button);
  }
})();
