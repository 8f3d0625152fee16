// What the screens of the message centre share: whose box is open, and what goes wrong in it.
import type { Core, MessageKind, MessageStatus, OpenBox, PhoneUser } from "../core/contract";
import { PhoneFault } from "../core/contract";
import type { PhoneKey } from "../i18n";
import { useApp, useCore, useTask } from "../ui/app-context";
import type { IconName } from "../ui/icon";

/** Users who can open their messages here. */
export function readers(core: Core): readonly PhoneUser[] {
  return core.users().filter(({ state }) => state === "active");
}

/** The open box of this user; undefined while it is closed. */
export function useBox(keyId: string): OpenBox | undefined {
  return useCore(["messages"], ({ inbox }) => (inbox.opened?.keyId === keyId ? inbox.opened : undefined));
}

/** Runs what is asked of an open box. That it has closed is seen at once, and no connection is told by the screen itself. */
export function useInboxTask(): readonly [boolean, (task: () => Promise<void>) => void] {
  const { core, fail } = useApp();
  const [busy, run] = useTask();
  const guarded = (task: () => Promise<void>): void =>
    run(async () => {
      try {
        await task();
      } catch (fault) {
        if (fault instanceof PhoneFault && (fault.key === "messages.closed" || !core.online)) return;
        fail(fault, "other");
      }
    });
  return [busy, guarded];
}

/** What each kind is called, and its sign. */
export const messageKinds: Readonly<Record<MessageKind, { readonly icon: IconName; readonly name: PhoneKey }>> = {
  ticket: { icon: "mail", name: "box.kind.ticket" },
  security: { icon: "shield", name: "box.kind.security" },
  account: { icon: "person", name: "box.kind.account" },
  announcement: { icon: "bell", name: "box.kind.announcement" },
};

/** What each state is called to the one who wrote. */
export const statusNames: Readonly<Record<MessageStatus, PhoneKey>> = {
  new: "box.status.new", open: "box.status.open", answered: "box.status.answered", closed: "box.status.closed",
};
