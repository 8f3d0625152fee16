// In the side-by-side demo this app plays the phone that the page around wants, with the troubles that it wants.
import { PhoneFault, type Core } from "../core/contract";
import { posture, type Posture } from "../core/posture";
import type { Surroundings } from "../core/surroundings";
import type { DemoScan, Scan } from "../ui/app-context";
import { pageAround, type Around } from "./around";
import { Connection } from "./connection";
import { pictureFrom } from "./picture";
import { needsRestart, normal, postureOf, readPose, slowBy, type Pose } from "./pose";
import { tellScreens } from "./watch";

/** Ready is said again until the page around has answered: its script may start later than this one. Milliseconds. */
const again = 200;
/** Without an answer the app plays an ordinary phone. */
const patience = 5000;

/** The part that this app plays. */
export class Play {
  readonly picture: DemoScan;
  private readonly connection: Connection;

  private constructor(
    private readonly window: Window,
    private readonly around: Around,
    private pose: Pose,
    readonly app: string,
  ) {
    this.picture = pictureFrom(around);
    this.connection = new Connection(window, (input, init) => window.fetch(input, init));
    this.connection.set(!pose.offline);
    around.on("nodkey-demo-pose", (message) => this.take(readPose(message["pose"])));
  }

  /** Meets the page around; undefined on every server that is no demo, and outside of the demo's frame. */
  static async meet(window: Window): Promise<Play | undefined> {
    const around = pageAround(window);
    if (around === undefined) return undefined;
    const { app } = await posture(window.navigator);
    const pose = await new Promise<Pose>((resolve) => {
      const say = (): void => around.post({ type: "nodkey-demo-ready" });
      const end = (answer: Pose): void => {
        stop();
        clearInterval(timer);
        clearTimeout(late);
        resolve(answer);
      };
      const stop = around.on("nodkey-demo-pose", (message) => end(readPose(message["pose"])));
      const timer = setInterval(say, again);
      const late = setTimeout(() => end(normal), patience);
      say();
    });
    return new Play(window, around, pose, app);
  }

  get platform(): Pose["platform"] {
    return this.pose.platform;
  }

  /** The language that the person chose on the page around, best first. */
  get languages(): readonly string[] {
    return this.pose.language === undefined ? [] : [this.pose.language];
  }

  /** This phone's clock, milliseconds since the epoch. */
  readonly now = (): number => Date.now() - (this.pose.slow ? slowBy : 0);

  posture(): Posture {
    return postureOf(this.pose, this.app);
  }

  /** Opens the core as such a phone has it, which no push service reaches in a frame. Throws PhoneFault "storage" where the phone keeps nothing. */
  async open(open: (changes: Partial<Surroundings>) => Promise<Core>): Promise<Core> {
    if (this.pose.storage) throw new PhoneFault("storage");
    return open({ push: undefined, fetch: this.connection.fetch, wall: this.now, posture: () => Promise.resolve(this.posture()) });
  }

  /** The browser's notifications as such a phone has them: refused, or (as ever within a frame) none. */
  get notifications(): Pick<typeof Notification, "permission" | "requestPermission"> | undefined {
    return this.pose.muted ? { permission: "denied", requestPermission: () => Promise.resolve("denied" as const) } : undefined;
  }

  /** The camera as such a phone has it. */
  scan(load: () => Promise<Scan>): () => Promise<Scan> {
    return async () => {
      const real = await load();
      return {
        scanFrom: real.scanFrom,
        openScanner: (...args) => {
          const { camera } = this.pose;
          return camera === undefined ? real.openScanner(...args) : Promise.reject(new PhoneFault(`camera.${camera}`));
        },
      };
    };
  }

  /** Once the app stands: tells the page around what is to be seen, and forgets everything when that page starts over. */
  begin(forget: () => Promise<void>): void {
    tellScreens(this.window.document, this.around);
    this.around.on("nodkey-demo-forget", () => void forget().finally(() => this.restart()));
  }

  private take(pose: Pose): void {
    const before = this.pose;
    this.pose = pose;
    if (needsRestart(before, pose)) this.restart();
    else this.connection.set(!pose.offline);
  }

  private restart(): void {
    this.window.location.replace("/");
  }
}
