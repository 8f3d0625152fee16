// Carries messages between the portal's frame and the phone's. Each hop names one origin exactly, and takes messages from
// that frame at that origin only.

/** One framed page. */
export interface Place {
  readonly frame: HTMLIFrameElement;
  readonly origin: string;
}

export interface Bridge {
  /** Tells the phone app to forget its users. */
  forget(): void;
}

/** Connects the two. phoneReady is called when the phone app has started and listens. */
export function bridge(window: Window, { portal, phone }: { portal: Place; phone: Place }, phoneReady: () => void): Bridge {
  const to = (place: Place, message: object): void => place.frame.contentWindow?.postMessage(message, place.origin);
  const from = (place: Place, event: MessageEvent): boolean => event.origin === place.origin && event.source === place.frame.contentWindow;

  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    const type = typeOf(event.data);
    if (from(phone, event)) {
      if (type === "nodkey-demo-scan") to(portal, { type });
      if (type === "nodkey-demo-ready") phoneReady();
    } else if (from(portal, event) && type === "nodkey-demo-picture") {
      const { picture } = event.data as { picture?: unknown };
      // null says that there is no code on the portal's page.
      if (picture === null || picture instanceof Blob) to(phone, { type, picture });
    }
  });
  return { forget: () => to(phone, { type: "nodkey-demo-forget" }) };
}

function typeOf(data: unknown): unknown {
  return typeof data === "object" && data !== null && "type" in data ? data.type : undefined;
}
