import { badRequest, conflict, unavailable, type MagnumError } from '../../clusters/errors.ts';
import { AlreadyThere, StoreUnreachable, UnstorableValue, Yielded } from '../../store/faults.ts';

/** What a client is told of a fault of the database; undefined if it is nobody's but ours. */
export function refusalOf(error: unknown): MagnumError | undefined {
  if (error instanceof UnstorableValue) return badRequest(error.message);
  if (error instanceof AlreadyThere) {
    return conflict('Somebody else has just made the same: look at what is there now.', error);
  }
  if (error instanceof StoreUnreachable || error instanceof Yielded) {
    return unavailable('The database can not be used at the moment: try again.', error);
  }
  return undefined;
}
