/** asl-validator 4 ships no types; this is the part of it that is used here. */
declare module 'asl-validator' {
  interface Problem {
    readonly 'Error code': string;
    readonly Message?: string;
    readonly path?: string;
  }
  export default function validate(definition: unknown): {
    readonly isValid: boolean;
    readonly errors: readonly Problem[];
  };
}
