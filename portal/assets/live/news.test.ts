// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { showNews } from "./news";

const by = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(id);
  return found;
};
const link = (): HTMLAnchorElement => by("news-show") as HTMLAnchorElement;
const text = (): HTMLTextAreaElement => by("text") as HTMLTextAreaElement;

beforeEach(() => {
  document.body.innerHTML = `<div id="news" role="status"><p id="news-line" hidden>A new message. <a id="news-show" href="/messages/newest">Show it</a></p></div>
    <form><textarea id="text"></textarea></form>`;
  by("news-show").addEventListener("click", (event) => event.preventDefault());
});

test("the line is shown once, and leads on in this tab", () => {
  showNews(by("news"));
  showNews(by("news"));
  expect(by("news-line").hidden).toBe(false);
  by("news-show").click();
  expect(link().target).toBe("");
});

test("while somebody types it leads to another tab, and when that was sent or taken back to this one", () => {
  showNews(by("news"));
  text().value = "My loan";
  by("news-show").click();
  expect(link().target).toBe("_blank");
  expect(link().rel).toBe("noopener");
  expect(text().value).toBe("My loan");
  text().value = "";
  by("news-show").click();
  expect(by("news-show").hasAttribute("target")).toBe(false);
});
