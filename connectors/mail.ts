import { createTransport } from 'nodemailer';

/** The operator's mail server, and whose mails ours are. The address may hold a user name and password. */
export interface MailServer {
  readonly smtpUrl: string;
  readonly from: string;
}

export interface Mail {
  readonly to: string;
  /** The same each time the same mail is sent, so that one sent twice after a crash is recognisable. */
  readonly messageId: string;
  readonly language: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly files: readonly { readonly name: string; readonly content: string }[];
}

/** A mail or webhook that did not arrive, in words of our own: what the other side said may hold anything. */
export class SendFailure extends Error {
  /** Trying again will not help. */
  readonly forGood: boolean;

  constructor(message: string, { forGood = false } = {}) {
    super(message);
    this.name = 'SendFailure';
    this.forGood = forGood;
  }
}

/** Sends mails over one connection to the mail server; close it after the last. */
export class MailSender {
  readonly #transport: ReturnType<typeof createTransport>;
  readonly #from: string;

  constructor({ smtpUrl, from }: MailServer) {
    this.#from = from;
    this.#transport = createTransport({
      url: smtpUrl,
      pool: true,
      maxConnections: 1,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 30_000,
      // Nothing in a mail of ours is fetched from a file or an address.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /** @throws SendFailure */
  async send(mail: Mail): Promise<void> {
    try {
      await this.#transport.sendMail({
        from: this.#from,
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId: `<${mail.messageId}@${domainOf(this.#from)}>`,
        headers: {
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
          'Content-Language': mail.language,
        },
        attachments: mail.files.map(({ name, content }) => ({
          filename: name,
          content,
          contentType: 'text/csv; charset=utf-8',
        })),
      });
    } catch (error) {
      throw failureOf(error);
    }
  }

  close(): void {
    this.#transport.close();
  }
}

function domainOf(from: string): string {
  return /@([a-z0-9.-]+)/i.exec(from)?.[1] ?? 'rollcall.invalid';
}

function failureOf(error: unknown): SendFailure {
  const { code = '', responseCode } = (error ?? {}) as { code?: string; responseCode?: number };
  const status = responseCode === undefined ? '' : ` (status ${responseCode})`;
  switch (code) {
    case 'EAUTH':
      return new SendFailure(`The mail server refused our user name and password${status}.`);
    case 'EENVELOPE':
      // A greylisting server says 4xx and takes the mail a little later.
      return new SendFailure(`The mail server refused the recipient or our own address${status}.`, {
        forGood: (responseCode ?? 0) >= 500,
      });
    case 'EMESSAGE':
      return new SendFailure(`The mail server refused the mail${status}.`, { forGood: (responseCode ?? 0) >= 500 });
    case 'ETLS':
      return new SendFailure('The mail server and we agreed on no encryption.');
    default:
      return new SendFailure(`The mail server could not be reached, or broke off${status}.`);
  }
}
