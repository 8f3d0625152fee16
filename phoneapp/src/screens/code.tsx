import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { CodeField, checkGroup, cutCode, readPasted } from "../ui/code-field";
import { Screen, StepBar } from "../ui/screen";
import { Banner, Row } from "../ui/surfaces";
import { useWords } from "./words";

/** Session ID or Activation Code, typed. */
export function Code(): JSX.Element {
  const { texts, nav, draft, core, fail } = useApp();
  const words = useWords();
  const [groups, setGroups] = useState(draft.groups);
  const [missing, setMissing] = useState("");
  const [pasteFault, setPasteFault] = useState("");
  const [busy, run] = useTask();

  const put = (next: readonly string[], fingerprint?: string): void => {
    draft.groups = next;
    draft.fingerprint = fingerprint;
    setGroups(next);
    setMissing("");
    setPasteFault("");
  };
  const paste = async (): Promise<void> => {
    const text = await navigator.clipboard.readText().catch(() => undefined);
    const { code, fingerprint } = readPasted(text ?? "");
    if (text === undefined) setPasteFault(texts.t("code.paste.refused"));
    else if (code.length !== 20) setPasteFault(texts.t("code.paste.nothing", { Code: words.code }));
    else put(cutCode(code), fingerprint);
  };
  const go = (): void => {
    const index = groups.findIndex((group, i) => checkGroup(group, i) !== "right");
    if (index >= 0) {
      if (checkGroup(groups[index] ?? "", index) === "open") setMissing(texts.t("code.missing", { Group: index + 1 }));
      document.getElementById(`code-group-${index + 1}`)?.focus();
      return;
    }
    run(async () => {
      try {
        draft.offer = await core.lookup(groups.join(""), draft.fingerprint);
        nav.go({ screen: "offer" });
      } catch (fault) {
        fail(fault, "activation");
      }
    });
  };

  return (
    <Screen
      bar={<StepBar title={words.register} capitals={words.android} step={1} />}
      title={words.codeTitle} lead={texts.t("code.lead")} onSubmit={go}
      actions={<Button id="continue" submit busy={busy}>{texts.t("continue")}</Button>}
    >
      <CodeField legend={words.code} groups={groups} missing={missing} onInput={put} />
      <div class="rows rows-closed">
        <Row id="paste" icon="copy" title={texts.t("code.paste")} second={texts.t("code.paste.second")} onClick={() => void paste()} />
        <Row id="scan" icon="qr" title={words.camera} second={texts.t("camera.second")} onClick={() => nav.go({ screen: "scan" })} />
        <Row id="camera-help" icon="help" title={texts.t("camera_help.open")} second={texts.t("camera_help.open.second")} onClick={() => nav.go({ screen: "camera-help" })} />
      </div>
      <div role="status">{pasteFault !== "" && <Banner kind="look" icon="warning">{pasteFault}</Banner>}</div>
    </Screen>
  );
}
