// The phone's clock against the server's (docs/protocol.md §6.4). Nothing outside decides by the phone's own clock.

export class Clock {
  /** Milliseconds that the server is ahead of this phone. */
  skew = 0;
  measured = false;

  /** wall: this phone's own clock, milliseconds since the epoch. */
  constructor(readonly wall: () => number) {}

  /** The server's time, as far as we know. */
  now(): number {
    return this.wall() + this.skew;
  }

  /** A moment of the server's, on this phone's own clock. */
  local(serverTime: number): number {
    return serverTime - this.skew;
  }

  /** Takes a time of the server's that was asked for at sent and had come at received. Gives the change in milliseconds. */
  measure(serverTime: number, sent: number, received: number): number {
    const before = this.skew;
    this.skew = Math.round(serverTime - (sent + received) / 2);
    this.measured = true;
    return this.skew - before;
  }
}
