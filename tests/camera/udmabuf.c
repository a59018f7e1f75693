/*
 * For a kernel without them: the two ways in which camera buffers are made, out of plain memory.
 *
 * Loaded before libcamera (LD_PRELOAD). /dev/udmabuf and /dev/dma_heap/vidbuf_cached open as memory files; what is
 * asked of them gives memory files. With HOTSPOT_NO_DMA_HEAP set the heap may not be opened, as for a user outside
 * the group video.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAP "/dev/dma_heap/vidbuf_cached"

typedef int opener(const char *, int, ...);
typedef int controller(int, unsigned long, ...);

static int memory(size_t size)
{
	int fd = memfd_create("camera buffer", MFD_CLOEXEC);

	if (fd >= 0 && size && ftruncate(fd, size)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int opened(const char *name, const char *path, int flags, int mode)
{
	if (!strcmp(path, HEAP) && getenv("HOTSPOT_NO_DMA_HEAP")) {
		errno = EACCES;
		return -1;
	}
	if (!strcmp(path, HEAP) || !strcmp(path, "/dev/udmabuf"))
		return memory(0);
	return ((opener *)dlsym(RTLD_NEXT, name))(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list rest;

	va_start(rest, flags);
	int mode = va_arg(rest, int);
	va_end(rest);
	return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list rest;

	va_start(rest, flags);
	int mode = va_arg(rest, int);
	va_end(rest);
	return opened("open64", path, flags, mode);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list rest;

	va_start(rest, request);
	void *what = va_arg(rest, void *);
	va_end(rest);
	switch (request) {
	case UDMABUF_CREATE:
		return fcntl(((struct udmabuf_create *)what)->memfd, F_DUPFD_CLOEXEC, 0);
	case DMA_HEAP_IOCTL_ALLOC: {
		int buffer = memory(((struct dma_heap_allocation_data *)what)->len);

		((struct dma_heap_allocation_data *)what)->fd = buffer;
		return buffer < 0 ? -1 : 0;
	}
	case DMA_BUF_IOCTL_SYNC:
	case DMA_BUF_SET_NAME_A:
	case DMA_BUF_SET_NAME_B:
		return 0;
	}
	return ((controller *)dlsym(RTLD_NEXT, "ioctl"))(fd, request, what);
}
