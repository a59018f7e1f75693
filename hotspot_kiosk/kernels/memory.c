/* What compiled kernels need beside themselves: memory for arrays that numba's code counts, and two looks at NumPy's.
 * It may call nothing of Python: kernels run without its lock. The first five fields of a block are numba's
 * (numba/core/runtime/nrt.cpp), an array's are NumPy's (PyArrayObject_fields, ndarraytypes.h). */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct block {
    size_t references;
    void (*end)(void *, size_t, void *);
    void *with;
    void *data;
    size_t size;
    void *allocator;
};

struct array {
    intptr_t references;
    void *type;
    char *data;
    int axes;
    intptr_t *shape;
    intptr_t *strides;
};

void *NRT_MemInfo_alloc_aligned(size_t size, uint32_t align) {
    size_t room = sizeof(struct block) + align;
    struct block *block = size > SIZE_MAX - room ? NULL : malloc(room + size);
    if (block) {
        uintptr_t begin = (uintptr_t)(block + 1);
        uintptr_t over = align ? begin % align : 0;
        *block = (struct block){1, NULL, NULL, (void *)(begin + (over ? align - over : 0)), size, NULL};
    }
    return block;
}

void *NRT_MemInfo_alloc_safe_aligned(size_t size, uint32_t align) { return NRT_MemInfo_alloc_aligned(size, align); }

void *NRT_Allocate(size_t size) { return malloc(size); }

void NRT_Free(void *begin) { free(begin); }

static void end_list(void *data, size_t size, void *of_each) {
    (void)size;
    if (of_each) ((void (*)(void *))of_each)(data);
    free(data);
}

/* Room for a list, which lies apart from its block. */
void *NRT_MemInfo_new_varsize_dtor(size_t size, void *of_each) {
    void *data = malloc(size);
    struct block *block = data ? malloc(sizeof *block) : NULL;
    if (block)
        *block = (struct block){1, end_list, of_each, data, size, NULL};
    else
        free(data);
    return block;
}

/* Numba's code calls it when nothing refers to a block any more. */
void NRT_MemInfo_call_dtor(struct block *block) {
    if (block->end) block->end(block->data, block->size, block->with);
    free(block);
}

/* Copy a result into an array, and let go of the block it lies in. */
void kernel_hand_over(struct block *block, const void *begin, struct array *array, size_t bytes) {
    memcpy(array->data, begin, bytes);
    if (block && __atomic_sub_fetch(&block->references, 1, __ATOMIC_ACQ_REL) == 0)
        NRT_MemInfo_call_dtor(block);
}

/* Whether an array's fields lie where they are looked for. */
int kernel_reads(const struct array *array, const void *data, int64_t rows, int64_t columns, int64_t down, int64_t on) {
    return array->data == data && array->axes == 2 && array->shape[0] == rows && array->shape[1] == columns &&
           array->strides[0] == down && array->strides[1] == on;
}
