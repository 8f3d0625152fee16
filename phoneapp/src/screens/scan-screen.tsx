import type { ComponentChildren, JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { PhoneFault } from "../core/contract";
import { cameraPermission } from "../scan/refusal";
import type { Scanner } from "../scan/scan";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { allowSteps } from "./camera-allow";
import { Viewfinder } from "./viewfinder";

const helpAfterMs = 8000;

const titles = {
  "camera.denied": "camera.denied.title",
  "camera.absent": "camera.absent.title",
  "camera.busy": "camera.busy.title",
  "camera.reader": "camera.reader.title",
} as const;

interface Trouble {
  readonly key: keyof typeof titles;
  readonly how: unknown;
}

/** Whatever keeps the scanner from starting. One that could not even be loaded reads nothing. */
function troubleOf(cause: unknown): Trouble {
  if (cause instanceof PhoneFault && cause.key in titles) return { key: cause.key as Trouble["key"], how: cause.args["how"] };
  return { key: "camera.reader", how: undefined };
}

/** What was read and is of no use: one sentence in bold, one more. */
export interface Note {
  readonly title: string;
  readonly text?: string;
  /** Key of the fault, where it is one. */
  readonly error?: string;
}

interface Props {
  readonly bar: ComponentChildren;
  readonly type: string;
  readonly onType: () => void;
  /** With it there is a link to help beside a running camera. */
  readonly onHelp?: () => void;
  /**
   * Takes what a code says. A note says why it is of no use, and the camera goes on; a promise of none means that the screen is
   * being left.
   */
  readonly read: (text: string) => Note | Promise<Note | undefined>;
}

/** The camera reads a code, whatever it is for. */
export function ScanScreen({ bar, type, onType, onHelp, read }: Props): JSX.Element {
  const { texts, scan, demo } = useApp();
  const video = useRef<HTMLVideoElement>(null);
  const open = useRef<Scanner | undefined>(undefined);
  const settled = useRef(false);
  const [scanner, setScanner] = useState<Scanner | undefined>(undefined);
  const [, changed] = useState(0);
  const [started, setStarted] = useState(0);
  const [slow, setSlow] = useState(false);
  const [note, setNote] = useState<Note | undefined>(undefined);
  const [trouble, setTrouble] = useState<Trouble | undefined>(undefined);
  const [looking, setLooking] = useState(false);

  const stop = (): void => {
    open.current?.stop();
    open.current = undefined;
  };

  const reader = useRef(read);
  reader.current = read;
  const found = useCallback((text: string): void => {
    if (settled.current) return;
    const answer = reader.current(text);
    if (!(answer instanceof Promise)) {
      setNote(answer);
      return;
    }
    settled.current = true;
    setLooking(true);
    void answer.then((said) => {
      if (said === undefined) return;
      settled.current = false;
      setLooking(false);
      setNote(said);
    });
  }, []);

  useEffect(() => {
    // With the page beside as source no camera is asked for until the person wants it.
    if (demo !== undefined && started === 0) return undefined;
    let ended = false;
    const over = (): boolean => ended;
    const start = async (): Promise<void> => {
      const { openScanner } = await scan();
      const element = video.current;
      if (over() || element === null) return;
      const lost = (cause: PhoneFault): void => setTrouble(troubleOf(cause));
      const made = await openScanner(element, found, { lost });
      if (over()) {
        made.stop();
        return;
      }
      open.current = made;
      setScanner(made);
    };
    start().catch((cause: unknown) => {
      if (!over()) setTrouble(troubleOf(cause));
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
    setNote(undefined);
    if (trouble !== undefined) {
      // The camera is out of it now: what is said of the picture is what counts.
      setTrouble(undefined);
      setStarted(0);
    }
    try {
      const { scanFrom } = await scan();
      const text = await scanFrom(await demo.picture(AbortSignal.timeout(5000)));
      setLooking(false);
      if (text === undefined) setNote({ title: texts.t("scan.demo.nothing") });
      else found(text);
    } catch {
      setLooking(false);
      setNote({ title: texts.t("scan.demo.nothing") });
    }
  };
  const change = (): void => {
    if (scanner === undefined) return;
    setSlow(false);
    void scanner.change().then(() => changed((n) => n + 1), (cause: unknown) => setTrouble(troubleOf(cause)));
  };

  const again = useCallback((): void => {
    setTrouble(undefined);
    setSlow(false);
    setStarted((n) => n + 1);
  }, []);

  // Allowed meanwhile in the browser's settings: nobody needs to say so twice.
  const denied = trouble?.key === "camera.denied";
  useEffect(() => {
    if (!denied) return undefined;
    let status: PermissionStatus | undefined;
    let gone = false;
    const allowed = (): void => {
      if (status?.state === "granted") again();
    };
    void cameraPermission().then((known) => {
      if (gone) return;
      status = known;
      status?.addEventListener("change", allowed);
    });
    return () => {
      gone = true;
      status?.removeEventListener("change", allowed);
    };
  }, [again, denied]);

  const cameraOff = demo !== undefined && started === 0;
  const running = trouble === undefined && !cameraOff;
  /** Another try most likely ends the same, so typing comes first. */
  const hopeless = trouble?.key === "camera.absent" || trouble?.key === "camera.reader";
  return (
    <Screen
      bar={bar}
      title={texts.t(trouble === undefined ? "scan.title" : titles[trouble.key])}
      lead={trouble === undefined ? texts.t("scan.lead") : undefined}
      {...(trouble === undefined ? {} : { error: trouble.key })}
      actions={
        <>
          {demo !== undefined && <Button id="scan-beside" icon="qr" busy={looking} onClick={() => void scanBeside()}>{texts.t("scan.demo")}</Button>}
          {cameraOff && <Button id="start-camera" kind="plain" icon="camera" onClick={() => setStarted(1)}>{texts.t("scan.start")}</Button>}
          {trouble !== undefined && !hopeless && <Button id="scan-again" kind={demo === undefined ? "main" : "plain"} onClick={again}>{texts.t("scan.again")}</Button>}
          <Button
            id="type" kind={demo !== undefined ? "text" : hopeless ? "main" : "plain"} {...(demo === undefined ? { icon: "keyboard" as const } : {})}
            onClick={onType}
          >
            {type}
          </Button>
          {hopeless && <Button id="scan-again" kind="text" onClick={again}>{texts.t("scan.again")}</Button>}
          {running && onHelp !== undefined && <Button id="camera-help" kind="text" onClick={onHelp}>{texts.t("camera_help.open")}</Button>}
        </>
      }
    >
      {trouble !== undefined && <CameraTrouble fault={trouble.key} how={trouble.how} />}
      {running && <Viewfinder video={video} scanner={scanner} onChange={change} />}
      <div role="status" class="screen-status" data-note={note?.error}>
        {trouble === undefined && <ScanStatus looking={looking} note={note} slow={slow} scanner={scanner} />}
      </div>
    </Screen>
  );
}

/** Why there is no picture, and what to do. */
function CameraTrouble({ fault, how }: { fault: Trouble["key"]; how: unknown }): JSX.Element {
  const { texts, environment } = useApp();
  if (fault !== "camera.denied") return <Banner kind="look" icon="camera">{texts.t(`${fault}.next`)}</Banner>;
  if (how === "once") return <Banner kind="look" icon="camera">{texts.t("camera.denied.once")}</Banner>;
  if (how === "system") return <Banner kind="look" icon="camera">{texts.t("camera.denied.system")}</Banner>;
  return (
    <>
      <Banner kind="look" icon="camera">{texts.t("camera.denied.next")}</Banner>
      <ol class="numbered screen-block">
        {allowSteps(environment).map((step) => <li key={step}>{texts.t(step)}</li>)}
      </ol>
    </>
  );
}

/** One thing at a time: what was found, what was wrong with it, which camera it is, what helps. */
function ScanStatus({ looking, note, slow, scanner }: {
  looking: boolean; note: Note | undefined; slow: boolean; scanner: Scanner | undefined;
}): JSX.Element | null {
  const { texts } = useApp();
  const several = (scanner?.cameras.length ?? 0) > 1;
  if (looking) return <p class="second">{texts.t("scan.found")}</p>;
  if (note !== undefined) {
    return note.text === undefined
      ? <Banner kind="look" icon="warning">{note.title}</Banner>
      : <Banner kind="look" icon="warning" title={note.title}>{note.text}</Banner>;
  }
  if (scanner?.facing === "front") {
    return <Banner kind="look" icon="camera-switch" title={texts.t("scan.front.title")}>{texts.t(several ? "scan.front" : "scan.front.only")}</Banner>;
  }
  if (!slow) return null;
  return (
    <Banner kind="look" icon="help" title={texts.t("scan.slow.title")}>
      {texts.join(texts.t("scan.slow"), scanner?.zoom === undefined ? "" : texts.t("scan.slow.zoom"), several ? texts.t("scan.slow.lens") : "")}
    </Banner>
  );
}
