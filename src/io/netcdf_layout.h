/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where the records of a classic NetCDF file lie. The library does not tell, and neither finds that a file is torn nor
 *  shortens one; and it is only given files whose header was walked through here first.
 *  The format: NetCDF Classic Format Specification, Unidata (versions 1, 2 and 5). */
#ifndef ILI_IO_NETCDF_LAYOUT_H
#define ILI_IO_NETCDF_LAYOUT_H

#include "base/context.h"

typedef struct ili_netcdf_layout {
    int64_t claimed; /**< records that the header counts */
    int64_t whole;   /**< of them wholly in the file */
    int64_t begin;   /**< byte where the first one starts */
    int64_t size;    /**< bytes of each */
} ili_netcdf_layout;

/** IL_E_FILE; IL_E_INPUT when it is no classic NetCDF file with records. */
il_status ili_netcdf_layout_read(il_context *ctx, const char *path, ili_netcdf_layout *layout);
/** Drop the records after the first `keep` (which must be there) from a file of version 1 or 2; on the disk when it returns. */
il_status ili_netcdf_cut(il_context *ctx, const char *path, const ili_netcdf_layout *layout, int64_t keep);

#endif
