// On every page: menus close by Escape and by a press elsewhere; the language
// switch keeps what was typed; a toast goes after six seconds unless it is
// under the pointer or has the focus.
const toastFor = 6000;

const menus = document.querySelectorAll<HTMLDetailsElement>("details.menu");

document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target as Node)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) {
    if (!menu.open) continue;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

// Another language makes the page anew: the name that was typed is put back. Passwords and codes are kept nowhere.
const kept = "nodkey.typed-name";
const nameField = document.querySelector<HTMLInputElement>('main input[autocomplete="username"]');
try {
  const name = window.sessionStorage.getItem(kept);
  window.sessionStorage.removeItem(kept);
  if (nameField?.value === "" && name !== null) nameField.value = name;
  document.querySelector("#languages form")?.addEventListener("submit", () => {
    if (nameField !== null) window.sessionStorage.setItem(kept, nameField.value);
  });
} catch {
  // Without storage the name is typed again.
}

const toast = document.getElementById("toast");
if (toast !== null) {
  const leave = (): void => {
    if (toast.matches(":hover, :focus-within")) window.setTimeout(leave, toastFor);
    else toast.remove();
  };
  window.setTimeout(leave, toastFor);
}
