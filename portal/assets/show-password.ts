// Show and Hide beside password fields: [data-show] holds the field's id.
for (const button of document.querySelectorAll<HTMLElement>("[data-show]")) {
  const input = document.getElementById(button.dataset["show"] ?? "");
  if (!(input instanceof HTMLInputElement)) continue;
  const label = button.querySelector("span");
  const icon = button.querySelector("use");
  const showText = label?.textContent ?? "";
  const hideText = button.dataset["hideText"] ?? showText;
  const sprite = (icon?.getAttribute("href") ?? "").split("#")[0] ?? "";

  const set = (shown: boolean): void => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    if (label !== null) label.textContent = shown ? hideText : showText;
    icon?.setAttribute("href", `${sprite}#${shown ? "eye-off" : "eye"}`);
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    set(input.type === "password");
    input.focus();
  });
  // A shown password is never kept in the browser's list of typed texts.
  input.form?.addEventListener("submit", () => set(false));
}
