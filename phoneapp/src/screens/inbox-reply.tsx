import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { PhoneFault } from "../core/contract";
import { useApp, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { TextField } from "../ui/text-field";
import { faultSentence } from "./faults";
import { LockBar, Subject } from "./inbox-list";
import { Opened } from "./inbox-open";
import { useThread } from "./inbox-thread";
import { Working } from "./working";

const most = 20_000;
/** So near the end the person is told how much room is left. */
const near = 1_000;

/** An answer to a ticket, behind PIN or biometric. */
export function MessageReply({ keyId, id }: { keyId: string; id: string }): JSX.Element {
  return <Opened keyId={keyId}>{() => <Reply keyId={keyId} reference={id} />}</Opened>;
}

function Reply({ keyId, reference }: { keyId: string; reference: string }): JSX.Element {
  const { texts, core, nav, draft, fail, say } = useApp();
  const { thread } = useThread(keyId, reference, texts.language);
  const kept = draft.answerText;
  const [text, setText] = useState(kept?.keyId === keyId && kept.reference === reference ? kept.text : "");
  const [error, setError] = useState({ text: "", key: "" });
  const [offline, setOffline] = useState(false);
  const [busy, run] = useTask();
  const left = most - Array.from(text).length;
  const send = (): void =>
    run(async () => {
      setOffline(false);
      setError({ text: "", key: "" });
      try {
        await core.inbox.reply(reference, text);
        draft.answerText = undefined;
        say(texts.t("box.reply.done"));
        nav.back();
      } catch (fault) {
        if (!(fault instanceof PhoneFault)) fail(fault, "other");
        else if (fault.key === "messages.closed") return; // seen at once; the text is still there after the next opening
        else if (!core.online) setOffline(true);
        else if (fault.key.startsWith("message.") || fault.key === "user.slow") {
          setError({ text: faultSentence(texts, fault.key, fault.args), key: fault.key });
          document.getElementById("text")?.focus();
        } else fail(fault, "other");
      }
    });
  return (
    <Screen
      bar={<LockBar title={reference} />} title={texts.t("box.reply.title")} {...(thread === undefined ? {} : { lead: <Subject message={thread.message} /> })} onSubmit={send}
      actions={<Button id="send" submit busy={busy}>{texts.t("box.reply.send")}</Button>}
    >
      <div class="screen-block">
        <TextField
          rows={7} id="text" label={texts.t("box.reply.label")} hint={texts.t("box.reply.hint")} value={text} error={error.text} errorKey={error.key}
          onInput={(value) => {
            setText(value);
            setError({ text: "", key: "" });
            draft.answerText = { keyId, reference, text: value };
          }}
        />
        <p class="second small" role="status">{left <= near && left >= 0 && texts.t("box.reply.left", { Count: left })}</p>
      </div>
      <div role="status" class="screen-status" data-error={offline ? "offline" : undefined}>
        {offline && <Banner kind="look" icon="wifi-off" title={texts.t("activate.offline.title")}>{texts.t("box.reply.offline")}</Banner>}
      </div>
      <Working busy={busy} text={texts.t("box.reply.working")} />
    </Screen>
  );
}
