// SPDX-License-Identifier: Apache-2.0
#include "backend/services/controller_service.h"

int main(int argc, char** argv) {
    return zz::services::controller_main(argc, argv);
}
