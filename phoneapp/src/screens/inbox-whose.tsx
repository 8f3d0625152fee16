import type { JSX } from "preact";
import { useApp, useCore } from "../ui/app-context";
import { Bar, Screen } from "../ui/screen";
import { Chip, LinkRow, Row } from "../ui/surfaces";
import { readers } from "./inbox-way";
import { initialOf, shownName } from "./names";

/** The server counts no further. */
const mostCounted = 100;

/** The way to the messages: of the one user, or by way of whose they are. */
export function MessagesRow(): JSX.Element | null {
  const { texts, nav } = useApp();
  const users = useCore(["users", "messages"], readers);
  const count = useCore(["users", "messages"], (core) => readers(core).reduce((sum, { keyId }) => sum + (core.inbox.unread(keyId) ?? 0), 0));
  const [first, ...others] = users;
  if (first === undefined) return null;
  return (
    <LinkRow
      id="messages" icon="mail" title={texts.t("box.title")} second={texts.t("box.second")} side={<UnreadChip count={count} />}
      onClick={() => nav.go(others.length > 0 ? { screen: "messages-user" } : { screen: "messages", keyId: first.keyId })}
    />
  );
}

/** The same from a user's own page. */
export function MessagesOfRow({ keyId }: { keyId: string }): JSX.Element {
  const { texts, nav } = useApp();
  const count = useCore(["messages"], ({ inbox }) => inbox.unread(keyId) ?? 0);
  return (
    <LinkRow
      id="messages" icon="mail" title={texts.t("box.title")} second={texts.t("box.second")} side={<UnreadChip count={count} />}
      onClick={() => nav.go({ screen: "messages", keyId })}
    />
  );
}

/** How many are unread; nothing where none is. */
function UnreadChip({ count }: { count: number }): JSX.Element | null {
  const { texts } = useApp();
  if (count === 0) return null;
  return (
    <Chip kind="look" icon="mail">
      <span data-unread={count}>{count < mostCounted ? texts.t("box.unread", { Count: count }) : texts.t("box.unread.most")}</span>
    </Chip>
  );
}

/** Whose messages: each user has a box of their own. */
export function MessagesUser(): JSX.Element {
  const { texts, nav } = useApp();
  const users = useCore(["users", "messages"], (core) => readers(core).map((user) => ({ user, count: core.inbox.unread(user.keyId) ?? 0 })));
  return (
    <Screen bar={<Bar title={texts.t("box.title")} />} title={texts.t("box.whose.title")}>
      <div class="sheet rows-sheet inbox-users">
        {users.map(({ user, count }) => (
          <Row
            key={user.keyId} id={`messages-${user.keyId}`} lead={<span class="initial" aria-hidden="true">{initialOf(user)}</span>}
            title={<bdi>{shownName(user)}</bdi>} second={<bdi>{user.label === undefined ? user.name : `${user.displayName} · ${user.name}`}</bdi>}
            side={<UnreadChip count={count} />} onClick={() => nav.go({ screen: "messages", keyId: user.keyId })}
          />
        ))}
      </div>
    </Screen>
  );
}
