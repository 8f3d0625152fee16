// Writing a message: too many or too large files, and too long a text, are
// said before anything is sent; a second press of a button that sends does
// nothing. Without this the server says the same.
const filesBytes = 25 * 1024 * 1024;

/** Whether files may go with a message that takes this many more. */
export function fits(sizes: readonly number[], free: number): boolean {
  return sizes.length <= free && sizes.reduce((sum, size) => sum + size, 0) <= filesBytes;
}

/** Whether a text is short enough: in characters, as the server counts them, with ends of lines as one. */
export function short(text: string, most: number): boolean {
  return Array.from(text.replace(/\r\n/g, "\n").trim()).length <= most;
}

function mark(field: HTMLElement, sentence: HTMLElement | null, wrong: boolean): boolean {
  if (sentence !== null) sentence.hidden = !wrong;
  if (wrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  return !wrong;
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[enctype="multipart/form-data"]')) {
  const files = form.querySelector<HTMLInputElement>('input[type="file"]');
  const text = form.querySelector<HTMLTextAreaElement>("textarea");
  const filesFit = (): boolean =>
    files === null ||
    mark(files, document.getElementById("files-too-much"), !fits(Array.from(files.files ?? [], (file) => file.size), Number(files.dataset["free"])));
  const textFits = (): boolean => text === null || mark(text, document.getElementById("text-too-long"), !short(text.value, Number(text.dataset["most"])));
  files?.addEventListener("change", filesFit);

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    const sends = button instanceof HTMLButtonElement && !button.formNoValidate;
    if (sends) {
      const wrong = [textFits() ? null : text, filesFit() ? null : files].find((field) => field !== null);
      if (wrong !== undefined) {
        event.preventDefault();
        wrong.focus();
        return;
      }
    }
    if (form.dataset["sent"] !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset["sent"] = "";
    if (sends) button.setAttribute("aria-busy", "true");
  });

  // Whoever comes back by the browser's own button may send again.
  window.addEventListener("pageshow", () => {
    delete form.dataset["sent"];
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  });
}
