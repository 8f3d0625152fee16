import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { seal } from "../../../web/design/seal";
import { Mark } from "./mark";
import { publicKeyDER } from "./server-key";

/** The guilloche of a server around the mark. For recognition only: it is hidden from readers and proves nothing. */
export function Seal({ serverKey }: { serverKey: string | undefined }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (serverKey === undefined) return undefined;
    let gone = false;
    void seal(publicKeyDER(serverKey)).then((drawing) => {
      const parsed = new DOMParser().parseFromString(drawing, "text/html").body.firstElementChild;
      if (!gone && parsed !== null) place.current?.replaceChildren(document.importNode(parsed, true));
    });
    return () => {
      gone = true;
    };
  }, [serverKey]);
  return (
    <div class="phone-seal" aria-hidden="true">
      <div class="seal" ref={place} />
      <Mark />
    </div>
  );
}
