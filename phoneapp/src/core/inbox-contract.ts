// The part of the contract (contract.ts hands it on) that is the message centre: what screens know of a user's box.

/** How an opening is proved. */
export type InboxProof = { readonly pin: string } | { readonly biometric: true };

export type MessageKind = "ticket" | "security" | "account" | "announcement";
export type MessageStatus = "new" | "open" | "answered" | "closed";

/** One message as the list has it. Times are by this phone's own clock, corrected for the skew. */
export interface Message {
  /** "2026-0412" */
  readonly reference: string;
  readonly kind: MessageKind;
  readonly status: MessageStatus;
  readonly priority: "low" | "normal" | "high" | "urgent";
  /** One line of plain text; may be empty where damaged. */
  readonly subject: string;
  /** BCP 47, of the subject. */
  readonly language: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly unread: boolean;
  /** The server could not open what it says. */
  readonly damaged: boolean;
}

/** Where a link leads, checked: https without user information, or mailto. */
export interface Link {
  readonly href: string;
  /** The host, or the address to write to, for the person to read beside the words. */
  readonly to: string;
}

/** A piece of text in one style. It is text, whatever it looks like. */
export interface Run {
  readonly text: string;
  readonly strong: boolean;
  readonly em: boolean;
  readonly code: boolean;
  readonly link?: Link;
}

/** Where the cells of a table's column stand; empty: where the text begins. */
export type Place = "" | "left" | "center" | "right";

/** A part of a text that stands by itself. */
export type Block =
  | { readonly kind: "p" | "h" | "code"; readonly runs: readonly Run[] }
  | { readonly kind: "ul" | "ol"; readonly items: readonly (readonly Block[])[] }
  | { readonly kind: "quote"; readonly blocks: readonly Block[] }
  | { readonly kind: "table"; readonly head: readonly (readonly Run[])[]; readonly rows: readonly (readonly (readonly Run[])[])[]; readonly align: readonly Place[] }
  | { readonly kind: "rule" };

export interface MessageFile {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
}

/** What one side added. */
export interface MessageEntry {
  readonly number: number;
  readonly at: number;
  readonly author: "user" | "operator" | "system";
  readonly language: string;
  /** By the phone that wrote it. */
  readonly signed: boolean;
  /** Plain text, or what the desk wrote; neither where damaged. */
  readonly text?: string;
  readonly blocks?: readonly Block[];
  readonly files: readonly MessageFile[];
  readonly damaged: boolean;
}

/** What happened to the account, in words of the language that was asked for. */
export interface MessageNotice {
  readonly happened: string;
  readonly next: string;
  readonly at: number;
  /** An address. */
  readonly from?: string;
  /** Where that address is. */
  readonly place?: string;
  readonly with?: string;
  readonly phone?: string;
}

export interface MessageThread {
  readonly message: Message;
  /** Those that an announcement is written in; empty for other kinds. */
  readonly languages: readonly string[];
  /** In which it was asked for. */
  readonly language: string;
  readonly canReply: boolean;
  readonly notice?: MessageNotice;
  /** In their order. */
  readonly entries: readonly MessageEntry[];
  /** There are entries after these. */
  readonly more: boolean;
}

/** What of a box is listed; without a member, all. */
export interface MessageQuery {
  /** Of notices' titles. */
  readonly language: string;
  /** Words that must all be there, at most 100 characters. */
  readonly search?: string;
  readonly kind?: MessageKind;
  readonly status?: MessageStatus;
  readonly unread?: true;
}

/** One user's box while it may be read. Held in memory only, and dropped with the opening. */
export interface OpenBox {
  readonly keyId: string;
  /** When it closes, by this phone's own clock. */
  readonly until: number;
  /** What was asked for last; undefined before the first list. */
  readonly query: MessageQuery | undefined;
  /** Unread ones first, then the newest. */
  readonly messages: readonly Message[];
  /** There are more of them. */
  readonly more: boolean;
  /** The message that was read last. */
  readonly thread: MessageThread | undefined;
}

/**
 * The message centre (docs/protocol.md §10). One box is open at a time, for ten minutes from its opening; it closes by lock, when
 * the time is over, and when the app was out of sight for more than a minute. Event: "messages".
 * Everything but unread and lock throws PhoneFault: "messages.closed" where no box is open (any more), message.…, or as any request.
 */
export interface Inbox {
  /** How many messages of that user are unread, 100 for that many or more; undefined while nobody could tell. */
  unread(keyId: string): number | undefined;
  readonly opened: OpenBox | undefined;
  /** Opens that user's box in place of any other. Throws PhoneFault pin.wrong (args.left), biometric.… and key.…, too. */
  open(keyId: string, proof: InboxProof): Promise<void>;
  /** Closes it here at once and tells the server. */
  lock(): void;
  /** Asks for the beginning of the list. Of several that are on their way the last asked for wins. */
  list(query: MessageQuery): Promise<void>;
  /** Adds the next page to what is listed. */
  more(): Promise<void>;
  /** Reads a message, which marks it read. language is for notices and announcements. */
  read(reference: string, language: string): Promise<void>;
  /** Adds the next entries to the message that was read last. */
  readOn(): Promise<void>;
  /**
   * Signs an answer with the user's key and sends it. Throws PhoneFault message.text, message.text_long. After "offline" it may be
   * called again: the same text is the same answer, and is not added twice.
   */
  reply(reference: string, text: string): Promise<void>;
  /** Puts a message away, or takes it back. */
  setStatus(reference: string, status: "closed" | "open"): Promise<void>;
}
