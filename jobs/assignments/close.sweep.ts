import { inTransaction } from '../../server/db/transaction.ts';
import type { AssignmentService } from '../../server/features/assignments/index.ts';
import { CLOSE_AFTER_MINUTES } from '../../server/features/attendance/index.ts';
import type { AttendanceService } from '../../server/features/attendance/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Forgotten check-outs are closed at the planned end and marked; whoever never came is a no-show. */
export const closeAssignments = (assignments: AssignmentService, attendance: AttendanceService): Sweep =>
  defineSweep({
    name: 'assignments/close',
    everyMs: 60_000,
    leaseMs: 60_000,
    batch: 200,
    due: (query) => assignments.dueToClose({ ...query, afterMinutes: CLOSE_AFTER_MINUTES }),
    run: ({ id }) => inTransaction(() => attendance.close(id)),
  });
