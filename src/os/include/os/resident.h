/*
 * os/resident.h - giving back memory that is not needed for now.
 */
#ifndef OS_RESIDENT_H
#define OS_RESIDENT_H

/*
 * The pages of the program's and its libraries' code and constants go; those that are wanted again come back from the page cache, without a read of the disk.
 * For a process that has started up and from now on does little, or always the same. Any thread, any time.
 */
void resident_drop_code(void);

#endif
