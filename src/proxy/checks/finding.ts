/** What a check says: one line. */
export interface Finding {
  level: 'ok' | 'warning' | 'error';
  /** What was looked at: mostly a key of the configuration. */
  subject: string;
  /** Sentences: what is so, and for a warning or an error what would be right. */
  text: string;
}

export const ok = (subject: string, text: string): Finding => ({ level: 'ok', subject, text });
export const warning = (subject: string, text: string): Finding => ({ level: 'warning', subject, text });
export const error = (subject: string, text: string): Finding => ({ level: 'error', subject, text });
