// On every page: menus close by Escape and by a press elsewhere; a toast goes
// after six seconds unless it is under the pointer or has the focus.
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

const toast = document.getElementById("toast");
if (toast !== null) {
  const leave = (): void => {
    if (toast.matches(":hover, :focus-within")) window.setTimeout(leave, toastFor);
    else toast.remove();
  };
  window.setTimeout(leave, toastFor);
}
