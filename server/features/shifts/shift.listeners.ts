import type { Types } from 'mongoose';
import type { Nature } from './nature.rules.ts';
import type { ShiftRow } from './shift.model.ts';

/** What people with a place relied on before an edit. */
export interface ShiftAsItWas {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly nature: Nature;
}

/** Told in the transaction that cancels a shift: whoever was to come has to be told. */
export type ShiftCancelled = (shift: ShiftRow, reason: string) => Promise<void>;
/** Told in the transaction that moves an announced shift or makes something else of it; may refuse by throwing. */
export type ShiftChanged = (shift: ShiftRow, before: ShiftAsItWas) => Promise<void>;
/** Told in the transaction that shows a shift to people or gives it a free place again. */
export type ShiftOpened = (shiftId: Types.ObjectId) => Promise<void>;

export type ShiftListeners = ReturnType<typeof createShiftListeners>;

/** Who else acts when something happens to a shift, one after the other in the same transaction. */
export function createShiftListeners() {
  const onCancelled: ShiftCancelled[] = [];
  const onChanged: ShiftChanged[] = [];
  const onOpened: ShiftOpened[] = [];
  return {
    onShiftCancelled: (listener: ShiftCancelled): void => void onCancelled.push(listener),
    onShiftChanged: (listener: ShiftChanged): void => void onChanged.push(listener),
    onShiftOpened: (listener: ShiftOpened): void => void onOpened.push(listener),
    cancelled: async (shift: ShiftRow, reason: string): Promise<void> => {
      for (const listener of onCancelled) await listener(shift, reason);
    },
    changed: async (shift: ShiftRow, before: ShiftAsItWas): Promise<void> => {
      for (const listener of onChanged) await listener(shift, before);
    },
    opened: async (shiftId: Types.ObjectId): Promise<void> => {
      for (const listener of onOpened) await listener(shiftId);
    },
  };
}
