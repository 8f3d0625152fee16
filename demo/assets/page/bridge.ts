// Carries messages between the portal's frame and the phone's. Each hop names one origin exactly, and takes messages from
// that frame at that origin only.

/** One framed page. */
export interface Place {
  readonly frame: HTMLIFrameElement;
  readonly origin: string;
  /** Others whose pages the frame may show as well. */
  readonly others?: readonly string[];
}

/** What the page does with what it hears. */
export interface Listener {
  /** The phone app has started, and waits for what to play. */
  ready(): void;
  /** Another screen, or fault, is to be seen on the phone. */
  screen(screen: string, error: string): void;
  /** The portal's frame shows a page of this origin, the portal's or a product's; undefined: it cannot be told whose. */
  shows(origin: string | undefined): void;
  /** The portal's picture on its way to the phone, null where there is no code, with the code in letters; gives what the phone sees. */
  scanned(picture: Blob | null, code: string): Promise<Blob | null>;
}

export interface Bridge {
  /** Tells the phone app to forget its users. */
  forget(): void;
  /** Tells the phone app which phone to be. */
  pose(pose: Readonly<Record<string, unknown>>): void;
  /** Tells the portal which language to speak. */
  speak(lang: string): void;
}

/** Connects the two. */
export function bridge(window: Window, { portal, phone }: { portal: Place; phone: Place }, listener: Listener): Bridge {
  let shown: string | undefined = portal.origin; // whose page the portal's frame shows
  let told = false; // the page that is being loaded there has said so
  const post = (place: Place, origin: string, message: object): void => place.frame.contentWindow?.postMessage(message, origin);
  const to = (place: Place, message: object): void => post(place, place.origin, message);
  const from = (place: Place, event: MessageEvent): boolean =>
    event.source === place.frame.contentWindow && (event.origin === place.origin || place.others?.includes(event.origin) === true);

  const heardPhone = (data: Message): void => {
    if (data.type === "nodkey-demo-scan") post(portal, shown ?? portal.origin, { type: data.type });
    if (data.type === "nodkey-demo-ready") listener.ready();
    const { screen, error } = data;
    if (data.type === "nodkey-demo-screen" && typeof screen === "string" && typeof error === "string") listener.screen(screen, error);
  };
  const heardPortal = ({ type, picture, code }: Message, origin: string): void => {
    if (type === "nodkey-demo-here") {
      [shown, told] = [origin, true];
      listener.shows(origin);
    }
    // null says that there is no code on the portal's page.
    if (type !== "nodkey-demo-picture" || (picture !== null && !(picture instanceof Blob))) return;
    void listener.scanned(picture, typeof code === "string" ? code : "").then((seen) => to(phone, { type, picture: seen }));
  };
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    const { data } = event;
    if (typeof data !== "object" || data === null || !("type" in data)) return;
    if (from(phone, event)) heardPhone(data);
    else if (from(portal, event)) heardPortal(data, event.origin);
  });
  // A page that said nothing by the time that it is loaded is of nobody's who is known here.
  portal.frame.addEventListener("load", () => {
    if (!told) listener.shows((shown = undefined));
    told = false;
  });
  return {
    forget: () => to(phone, { type: "nodkey-demo-forget" }),
    pose: (pose) => to(phone, { type: "nodkey-demo-pose", pose }),
    speak: (lang) => to(portal, { type: "nodkey-demo-language", lang }),
  };
}

interface Message {
  readonly type: unknown;
  readonly screen?: unknown;
  readonly error?: unknown;
  readonly picture?: unknown;
  readonly code?: unknown;
}
