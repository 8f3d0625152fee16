// Below 1100 px one of the two shows at a time; the styles decide whether the tabs are there at all.

export function tabs(stage: HTMLElement | null, buttons: Iterable<HTMLButtonElement>): void {
  const all = [...buttons];
  const choose = (chosen: HTMLButtonElement): void => {
    for (const button of all) {
      const on = button === chosen;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
    }
    if (stage !== null) stage.dataset["tab"] = chosen.dataset["pane"] ?? "";
  };
  all.forEach((button, index) => {
    button.addEventListener("click", () => choose(button));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const next = all[(index + (event.key === "ArrowRight" ? 1 : all.length - 1)) % all.length];
      if (next === undefined) return;
      event.preventDefault();
      choose(next);
      next.focus();
    });
  });
}
