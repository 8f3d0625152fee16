// The portal is drawn at its full width and scaled whole, never reflowed to fit.

export function fit(view: HTMLElement | null, page: HTMLElement): void {
  if (view === null) return;
  const scale = (): void => {
    // Nothing to fit while the portal is behind its tab.
    if (view.clientWidth > 0 && page.offsetWidth > 0) view.style.setProperty("--scale", (view.clientWidth / page.offsetWidth).toFixed(4));
  };
  new ResizeObserver(scale).observe(view);
  scale();
}
