import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { isElsewhere, parseLink } from "../core/codes";
import { PhoneFault } from "../core/contract";
import type { Scanner } from "../scan/scan";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { cutCode } from "../ui/code-field";
import { Icon } from "../ui/icon";
import { Screen, StepBar } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { useWords } from "./words";

const helpAfterMs = 8000;

const cameraFaults = {
  "camera.denied": { title: "camera.denied.title", next: "camera.denied.next" },
  "camera.absent": { title: "camera.absent.title", next: "camera.absent.next" },
  "camera.busy": { title: "camera.busy.title", next: "camera.busy.next" },
} as const;

function cameraFault(cause: unknown): keyof typeof cameraFaults {
  return cause instanceof PhoneFault && cause.key in cameraFaults ? (cause.key as keyof typeof cameraFaults) : "camera.busy";
}

/** The camera reads the code. */
export function Scan(): JSX.Element {
  const { texts, nav, draft, core, fail, scan, demo } = useApp();
  const words = useWords();
  const video = useRef<HTMLVideoElement>(null);
  const running = useRef<Scanner | undefined>(undefined);
  const settled = useRef(false);
  const left = useRef(false);
  useEffect(() => () => {
    left.current = true;
  }, []);
  const [scanner, setScanner] = useState<Scanner | undefined>(undefined);
  const [, changed] = useState(0);
  const [started, setStarted] = useState(0);
  const [light, setLight] = useState(false);
  const [slow, setSlow] = useState(false);
  const [note, setNote] = useState("");
  const [fault, setFault] = useState<keyof typeof cameraFaults | undefined>(undefined);
  const [looking, setLooking] = useState(false);

  const stop = (): void => {
    running.current?.stop();
    running.current = undefined;
  };

  const found = useCallback((text: string): void => {
    if (settled.current) return;
    let link;
    try {
      link = parseLink(text, location.origin);
    } catch (cause) {
      if (isElsewhere(text, location.origin)) setNote(texts.t("scan.elsewhere"));
      else setNote(texts.t(cause instanceof PhoneFault && cause.key === "code.group" ? "scan.damaged" : "scan.other"));
      return;
    }
    settled.current = true;
    draft.groups = cutCode(link.code);
    draft.fingerprint = link.fingerprint;
    setLooking(true);
    void core.lookup(link.code, link.fingerprint).then(
      (offer) => {
        if (left.current) return;
        draft.offer = offer;
        nav.replace({ screen: "offer" });
      },
      (cause: unknown) => {
        if (!left.current) fail(cause, "activation");
      },
    );
  }, [core, draft, fail, nav, texts]);

  useEffect(() => {
    // With the page beside as source no camera is asked for until the person wants it.
    if (demo !== undefined && started === 0) return undefined;
    let ended = false;
    const over = (): boolean => ended;
    const open = async (): Promise<void> => {
      const { openScanner } = await scan();
      const element = video.current;
      if (over() || element === null) return;
      const lost = (cause: PhoneFault): void => setFault(cameraFault(cause));
      const made = await openScanner(element, found, { lost });
      if (over()) {
        made.stop();
        return;
      }
      running.current = made;
      setScanner(made);
    };
    open().catch((cause: unknown) => {
      if (!over()) setFault(cameraFault(cause));
    });
    const timer = setTimeout(() => setSlow(true), helpAfterMs);
    return () => {
      ended = true;
      clearTimeout(timer);
      stop();
      setScanner(undefined);
    };
  }, [demo, found, scan, started]);

  const scanBeside = async (): Promise<void> => {
    if (demo === undefined || looking) return;
    setLooking(true);
    setNote("");
    try {
      const { scanFrom } = await scan();
      const text = await scanFrom(await demo.picture(AbortSignal.timeout(5000)));
      setLooking(false);
      if (text === undefined) setNote(texts.t("scan.demo.nothing"));
      else found(text);
    } catch {
      setLooking(false);
      setNote(texts.t("scan.demo.nothing"));
    }
  };
  const change = (): void => {
    if (scanner === undefined) return;
    setSlow(false);
    void scanner.change().then(() => changed((n) => n + 1), (cause: unknown) => setFault(cameraFault(cause)));
  };

  const again = (): void => {
    setFault(undefined);
    setSlow(false);
    setStarted((n) => n + 1);
  };

  const parts = fault === undefined ? undefined : cameraFaults[fault];
  const cameraOff = demo !== undefined && started === 0;
  return (
    <Screen
      bar={<StepBar title={words.camera} capitals={words.android} step={1} />}
      title={parts === undefined ? texts.t("scan.title") : texts.t(parts.title)}
      lead={parts === undefined ? texts.t("scan.lead") : undefined}
      {...(fault === undefined ? {} : { error: fault })}
      actions={
        <>
          {demo !== undefined && <Button id="scan-beside" icon="qr" busy={looking} onClick={() => void scanBeside()}>{texts.t("scan.demo")}</Button>}
          {cameraOff && <Button id="start-camera" kind="plain" icon="camera" onClick={() => setStarted(1)}>{texts.t("scan.start")}</Button>}
          {parts !== undefined && <Button id="scan-again" onClick={again}>{texts.t("scan.again")}</Button>}
          <Button id="type" kind={demo === undefined && parts === undefined ? "plain" : "text"} {...(demo === undefined && parts === undefined ? { icon: "keyboard" as const } : {})} onClick={() => nav.back()}>
            {texts.t("scan.type")}
          </Button>
        </>
      }
    >
      {parts !== undefined && (
        <Banner kind="look" icon="camera">{texts.t(parts.next)}</Banner>
      )}
      {parts === undefined && !cameraOff && (
        <div class="viewfinder">
          <video ref={video} muted playsInline aria-label={texts.t("scan.view")} />
          <span class="viewfinder-frame" aria-hidden="true" />
          <div class="viewfinder-tools">
            {(scanner?.cameras.length ?? 0) > 1 && (
              <button type="button" class="viewfinder-tool" id="switch-camera" onClick={change}>
                <Icon name="camera-switch" size={20} /><span>{texts.t("scan.switch")}</span>
              </button>
            )}
            {scanner?.torch === true && (
              <button
                type="button" class="viewfinder-tool" id="torch" aria-pressed={light}
                onClick={() => void scanner.setTorch(!light).then(() => setLight(!light))}
              >
                <Icon name="torch" size={20} /><span>{texts.t("scan.torch")}</span>
              </button>
            )}
          </div>
        </div>
      )}
      <div role="status" class="screen-status">
        {looking && <p class="second">{texts.t("scan.found")}</p>}
        {note !== "" && !looking && <Banner kind="look" icon="warning">{note}</Banner>}
        {slow && note === "" && !looking && fault === undefined && <Banner kind="look" icon="help" title={texts.t("scan.slow.title")}>{texts.t("scan.slow")}</Banner>}
      </div>
    </Screen>
  );
}
