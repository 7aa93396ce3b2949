export const suiteVersion = 1
