/**
 * How a person reads a time or how long something lasts: in sentences, and short for a table. Always the time of this
 * machine. By hand: the language data that Node loads for toLocaleString takes longer than everything else here.
 */
import { formatMinutes } from '../scheduler/duration.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MINUTES = 24 * 60;
/** Up to here seconds tell something. */
const IN_SECONDS_MS = 2 * MINUTE_MS;

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

/** "12 seconds", "3 minutes": a time that has passed. */
export function passed(milliseconds: number): string {
  if (milliseconds >= IN_SECONDS_MS) return formatMinutes(Math.floor(milliseconds / MINUTE_MS));
  const seconds = Math.max(0, Math.floor(milliseconds / SECOND_MS));
  return `${seconds} second${seconds === 1 ? '' : 's'}`;
}

/** "3 minutes", "less than a minute": a time ahead, which may be over as well. */
export function left(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / MINUTE_MS);
  return minutes < 1 ? 'less than a minute' : formatMinutes(minutes);
}

/** "14:05", and on another day "14:05 on Tuesday, 24 November". */
export function clockTime(time: Date, now: Date): string {
  if (isSameDay(time, now)) return clock(time);
  return `${clock(time)} on ${DAYS[time.getDay()] ?? ''}, ${time.getDate()} ${month(time)}${otherYear(time, now)}`;
}

/** "1h 20m", "3d 4h", "<1m". */
export function shortSpan(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / MINUTE_MS);
  if (minutes < 1) return milliseconds <= 0 ? '0m' : '<1m';
  const [days, hours] = [Math.floor(minutes / DAY_MINUTES), Math.floor((minutes % DAY_MINUTES) / 60)];
  if (days > 0) return hours === 0 ? `${days}d` : `${days}d ${hours}h`;
  return hours === 0 ? `${minutes}m` : `${hours}h ${minutes % 60}m`;
}

/** "today 14:05", "yesterday 14:05", "21 Nov 14:05", with the year where it is another one. */
export function shortTime(time: Date, now: Date): string {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (isSameDay(time, now)) return `today ${clock(time)}`;
  if (isSameDay(time, yesterday)) return `yesterday ${clock(time)}`;
  return `${time.getDate()} ${month(time).slice(0, 3)}${otherYear(time, now)} ${clock(time)}`;
}

function clock(time: Date): string {
  return [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

function month(time: Date): string {
  return MONTHS[time.getMonth()] ?? '';
}

function otherYear(time: Date, now: Date): string {
  return time.getFullYear() === now.getFullYear() ? '' : ` ${time.getFullYear()}`;
}

function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}
