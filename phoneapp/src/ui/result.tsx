import type { ComponentChildren, JSX } from "preact";
import { NodLine, type Rest } from "./nod-line";
import { Screen } from "./screen";

interface Props {
  readonly bar?: ComponentChildren;
  readonly ring: Rest;
  readonly title: ComponentChildren;
  readonly lead?: ComponentChildren;
  readonly centred?: boolean;
  readonly error?: string;
  readonly children?: ComponentChildren;
  readonly actions: ComponentChildren;
}

/** What became of something: the nod line, the outcome as title, what to do next. */
export function Result({ ring, title, actions, bar, lead, centred = true, error, children }: Props): JSX.Element {
  return (
    <Screen
      bar={bar} head={<NodLine ring={ring} />} title={title} centred={centred} actions={actions}
      {...(lead === undefined ? {} : { lead })} {...(error === undefined ? {} : { error })}
    >
      {children}
    </Screen>
  );
}
