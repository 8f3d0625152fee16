// An open list or message says that another message has come. Nothing moves, and nothing that is being typed is lost.

/** Shows the line that waits in root. */
export function showNews(root: HTMLElement): void {
  const line = root.querySelector<HTMLElement>("#news-line");
  const link = root.querySelector<HTMLAnchorElement>("#news-show");
  if (line === null || link === null || !line.hidden) return;
  line.hidden = false;
  link.addEventListener("click", () => {
    // What was typed stays on this page; the message opens beside it.
    if (typing()) [link.target, link.rel] = ["_blank", "noopener"];
    else link.removeAttribute("target");
  });
}

function typing(): boolean {
  const texts = [...document.querySelectorAll("textarea")].some((text) => text.value !== text.defaultValue);
  const files = [...document.querySelectorAll<HTMLInputElement>("input[type=file]")].some((chosen) => chosen.value !== "");
  return texts || files;
}
