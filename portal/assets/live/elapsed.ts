// Seconds that go up, while nobody knows how many it will be.

/**
 * Counts whole seconds in [data-elapsed] of `root`, which says how many
 * milliseconds had passed when the page was made. Without one it does nothing.
 */
export function countUp(root: ParentNode): void {
  const element = root.querySelector<HTMLElement>("[data-elapsed]");
  if (element === null) return;
  const begin = Date.now() - Number(element.dataset["elapsed"]);
  const tick = (): void => {
    if (!element.isConnected) return;
    const passed = Math.max(0, Date.now() - begin);
    element.textContent = String(Math.floor(passed / 1000));
    window.setTimeout(tick, 1000 - (passed % 1000));
  };
  tick();
}
