// Opens a question in place: a link with [data-dialog] leads to a page of its
// own without script; with script, the dialog of that id opens instead.
for (const link of document.querySelectorAll<HTMLElement>("[data-dialog]")) {
  const dialog = document.getElementById(link.dataset["dialog"] ?? "");
  if (!(dialog instanceof HTMLDialogElement)) continue;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.showModal();
  });
  dialog.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target === dialog || target.closest("[data-close]") !== null) dialog.close();
  });
  dialog.addEventListener("close", () => link.focus());
}
