import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "./button";

interface Props {
  readonly title: string;
  readonly children: ComponentChildren;
  /** The deed, in brick. */
  readonly yes: string;
  /** The harmless answer; focus starts on it. */
  readonly no: string;
  readonly busy?: boolean;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** The title is the question, the buttons are its answers. */
export function Dialog({ title, children, yes, no, busy = false, onYes, onNo }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const harmless = useRef<HTMLDivElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    harmless.current?.querySelector("button")?.focus();
  }, []);
  return (
    <dialog
      class="dialog" ref={dialog} aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onNo();
      }}
    >
      <h2 id="dialog-title">{title}</h2>
      {children}
      <div class="actions" ref={harmless}>
        <Button id="dialog-no" kind="plain" onClick={onNo}>{no}</Button>
        <Button id="dialog-yes" kind="no" busy={busy} onClick={onYes}>{yes}</Button>
      </div>
    </dialog>
  );
}
