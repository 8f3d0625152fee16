import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "../ui/icon";

export interface Line {
  readonly icon: IconName;
  readonly name: string;
  readonly value: ComponentChildren;
  readonly second?: ComponentChildren;
}

/** Who, where, with what: a sheet of names and values. */
export function Statement({ lines }: { lines: readonly Line[] }): JSX.Element {
  return (
    <dl class="sheet statement">
      {lines.map((line) => (
        <div class="statement-line" key={line.name}>
          <dt>
            <Icon name={line.icon} ink="petrol" />
            {line.name}
          </dt>
          <dd>{line.value}</dd>
          {line.second !== undefined && <dd class="statement-second">{line.second}</dd>}
        </div>
      ))}
    </dl>
  );
}
