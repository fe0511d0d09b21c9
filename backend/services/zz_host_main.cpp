// SPDX-License-Identifier: Apache-2.0
#include "backend/services/host_service.h"

int main(int argc, char** argv) {
    return zz::services::host_main(argc, argv);
}
