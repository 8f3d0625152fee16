import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../ui/app-context";
import { Banner } from "../ui/surfaces";

const firstPauseMs = 1000;
const longestPauseMs = 15_000;

/** Does it again, once, as soon as there is a connection. */
export function useAgain(wanted: boolean, again: () => void): void {
  const { core } = useApp();
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (!wanted) return undefined;
    const go = (): void => latest.current();
    const stop = core.on("online", () => {
      if (core.online) go();
    });
    // Without a user nothing else tells the core that the network is back.
    window.addEventListener("online", go);
    // It may be the server that was away: nobody tells of that, so it is asked, later and later.
    let pause = firstPauseMs;
    let timer: ReturnType<typeof setTimeout>;
    const ask = (): void => {
      pause = Math.min(longestPauseMs, pause * 2);
      timer = setTimeout(ask, pause);
      void core.refresh().catch(() => undefined); // being online again is told by the event
    };
    timer = setTimeout(ask, pause);
    return () => {
      clearTimeout(timer);
      stop();
      window.removeEventListener("online", go);
    };
  }, [core, wanted]);
}

/** No connection, on a screen that keeps what was typed. */
export function Offline({ shown }: { shown: boolean }): JSX.Element {
  const { texts } = useApp();
  return (
    <div role="status" class="screen-status" data-error={shown ? "offline" : undefined}>
      {shown && <Banner kind="look" icon="wifi-off" title={texts.t("activate.offline.title")}>{texts.t("activate.offline")}</Banner>}
    </div>
  );
}
