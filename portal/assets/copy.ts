// Copy buttons: [data-copy] holds the text. They show only where copying works.
const shownFor = 2500;

for (const button of document.querySelectorAll<HTMLElement>("[data-copy]")) {
  if (!("clipboard" in navigator)) continue;
  button.hidden = false;
  const label = button.querySelector("span");
  const before = label?.textContent ?? "";
  let timer = 0;
  label?.setAttribute("aria-live", "polite");
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(button.dataset["copy"] ?? "").then(() => {
      if (label === null) return;
      label.textContent = button.dataset["copied"] ?? before;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => (label.textContent = before), shownFor);
    }, selectCode);
  });
}

/** Where the browser refuses, the code is selected, ready for the person's own copy. */
function selectCode(): void {
  const code = document.getElementById("code");
  if (code !== null) window.getSelection()?.selectAllChildren(code);
}
