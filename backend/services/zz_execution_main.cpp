// SPDX-License-Identifier: Apache-2.0
#include "backend/services/execution_service.h"

int main(int argc, char** argv) {
    return zz::services::execution_main(argc, argv);
}
